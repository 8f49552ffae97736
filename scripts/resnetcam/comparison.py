"""``comparison.csv``: one row an experiment, over its seeds."""

import csv
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnetcam.files import replacing
from resnetcam.history import read_history

COLUMNS = (
    "experiment",
    "model",
    "recipe",
    "protocol",
    "seeds",
    "n_seeds",
    "accuracy_mean",
    "accuracy_std",
    "loss_mean",
    "seconds_per_epoch",
    "epochs",
    "parameters",
)


@dataclass(frozen=True)
class RunFiles:
    """Where one run, a seed of an experiment, left its results.

    Attributes:
        metrics, provenance, history: ``metrics.json``, ``run.json``, ``history.csv``.
        faithfulness, randomisation: the JSON files of these names.
        localisation: ``localisation.json``; None where no regions are known.
        figures: the folder of its figures.
    """

    experiment: str
    seed: int
    metrics: Path
    provenance: Path
    history: Path
    faithfulness: Path
    randomisation: Path
    figures: Path
    localisation: Path | None = None


@dataclass(frozen=True)
class Run:
    """One run's results, read."""

    files: RunFiles
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    history: list[dict[str, float]]


def files_of_run(folder: str | Path, *, localised: bool = False) -> RunFiles:
    """Name a run's files in ``<experiment>/seed<k>/``; ``localised`` where regions are known."""
    folder = Path(folder)
    return RunFiles(
        experiment=folder.parent.name,
        seed=int(folder.name.removeprefix("seed")),
        metrics=folder / "metrics.json",
        provenance=folder / "run.json",
        history=folder / "history.csv",
        faithfulness=folder / "faithfulness.json",
        randomisation=folder / "randomisation.json",
        figures=folder / "figures",
        localisation=folder / "localisation.json" if localised else None,
    )


def read_run(files: RunFiles) -> Run:
    """Read a run's metrics, provenance and history."""
    metrics, provenance = (
        json.loads(path.read_text(encoding="utf-8")) for path in (files.metrics, files.provenance)
    )
    return Run(files, metrics, provenance, read_history(files.history))


def by_experiment(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Group runs by experiment, both in the order in which they come."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.files.experiment, []).append(run)
    return groups


def compare(
    runs: Iterable[Run], experiments: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Summarise every experiment in one row.

    Args:
        runs: of any number of experiments and seeds.
        experiments: the config's ``experiments``, for the names of their models and recipes.

    Returns:
        Rows with the keys ``COLUMNS``: accuracy (a share) and cross-entropy on the test set;
        the *sample* standard deviation, None for a single seed; the median of all epochs' seconds,
        which a slow first epoch does not move.
    """
    rows = []
    for name, group in by_experiment(runs).items():
        accuracies = [run.metrics["accuracy"] for run in group]
        seconds = [row["seconds"] for run in group for row in run.history]
        values = (
            name,
            experiments[name]["model"],
            experiments[name]["recipe"],
            group[0].metrics["protocol"],
            " ".join(str(run.files.seed) for run in group),
            len(group),
            statistics.fmean(accuracies),
            statistics.stdev(accuracies) if len(group) > 1 else None,
            statistics.fmean(run.metrics["loss"] for run in group),
            statistics.median(seconds),
            len(group[0].history),
            group[0].provenance["parameters"],
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def write_comparison(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``comparison.csv``; a missing value is an empty field."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
