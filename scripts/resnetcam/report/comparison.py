"""``comparison.csv``: one row an experiment, over its seeds."""

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import METRICS, PROVENANCE
from resnetcam.common.tables import writing_table
from resnetcam.data.protocols import chooses_nothing
from resnetcam.training.history import read_own_history

# Of each column the type of its values; where a value may be missing, the field is empty.
COLUMNS: dict[str, type] = {
    "experiment": str,
    "sweep": str,
    "model": str,
    "recipe": str,
    "protocol": str,
    "seeds": str,
    "n_seeds": int,
    "accuracy_mean": float,
    "accuracy_std": float,
    "minus_best": float,
    "minus_best_low": float,
    "minus_best_high": float,
    "val_accuracy_mean": float,
    "loss_mean": float,
    "training_seconds": float,
    "seconds_per_epoch": float,
    "epochs": int,
    "parameters": int,
    "device": str,
}
Row = dict[str, Any]


@dataclass(frozen=True)
class RunFiles:
    """Where one run, a seed of an experiment, left its results.

    Attributes:
        metrics, provenance, history: ``metrics.json``, ``run.json``, ``history.csv``.
        predictions, confusions, classes, mistakes: ``predictions.h5`` and CSV files of these names.
        faithfulness, randomisation: the JSON files of these names.
        localisation: ``localisation.json``; None where no regions are known.
        figures: the folder of its figures.
        label_candidates: the JSON file of this name, of all seeds of the experiment.
        agreement: ``agreement.json`` of all seeds; None of a single one.
        shift: ``shift.json``; None where no images were corrupted.
        test_sets: ``test_sets.json``; None where there are no further ones.
    """

    experiment: str
    seed: int
    metrics: Path
    provenance: Path
    history: Path
    predictions: Path
    confusions: Path
    classes: Path
    mistakes: Path
    faithfulness: Path
    randomisation: Path
    figures: Path
    label_candidates: Path
    localisation: Path | None = None
    agreement: Path | None = None
    shift: Path | None = None
    test_sets: Path | None = None


@dataclass(frozen=True)
class Run:
    """One run's results, read."""

    files: RunFiles
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    history: list[dict[str, float]]


def files_of_run(
    folder: str | Path,
    *,
    localised: bool = False,
    of_several: bool = False,
    shifted: bool = False,
    tested: bool = False,
) -> RunFiles:
    """Name a run's files in ``<experiment>/seed<k>/``.

    Args:
        localised: whether regions are known; of_several: whether there are other seeds.
        shifted: whether images were corrupted; tested: whether there are further test sets.
    """
    folder = Path(folder)
    return RunFiles(
        experiment=folder.parent.name,
        seed=int(folder.name.removeprefix("seed")),
        metrics=folder / "metrics.json",
        provenance=folder / "run.json",
        history=folder / "history.csv",
        predictions=folder / "predictions.h5",
        confusions=folder / "confusions.csv",
        classes=folder / "classes.csv",
        mistakes=folder / "mistakes.csv",
        faithfulness=folder / "faithfulness.json",
        randomisation=folder / "randomisation.json",
        figures=folder / "figures",
        label_candidates=folder.parent / "label_candidates.json",
        localisation=folder / "localisation.json" if localised else None,
        agreement=folder.parent / "agreement.json" if of_several else None,
        shift=folder / "shift.json" if shifted else None,
        test_sets=folder / "test_sets.json" if tested else None,
    )


def read_run(files: RunFiles) -> Run:
    """Read a run's metrics, provenance and history.

    Raises:
        DamagedFileError: if one of them is not as it was written.
    """
    metrics = read_json(files.metrics, METRICS)
    provenance = read_json(files.provenance, PROVENANCE)
    history, epochs = read_own_history(files.history), metrics["last"]["epoch"]
    if len(history) != epochs:
        problem = f"it has {len(history)} epochs where {files.metrics.name} has {epochs}"
        raise DamagedFileError(files.history, problem)
    if chooses_nothing(metrics["protocol"]) == ("val_accuracy" in history[0]):
        problem = f"val_accuracy does not go with the protocol {metrics['protocol']}"
        raise DamagedFileError(files.history, problem)
    return Run(files, metrics, provenance, history)


def by_experiment(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Group runs by experiment, both in the order in which they come."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.files.experiment, []).append(run)
    return groups


def compare(runs: Iterable[Run], experiments: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Summarise every experiment in one row.

    Args:
        runs: of any number of experiments and seeds.
        experiments: ``model``, ``recipe``, ``sweep`` (None for none) and ``overrides`` of each.

    Returns:
        Rows with the keys ``COLUMNS`` and, where there are overrides, a key for each, such as
        ``schedule.peak`` (``epochs`` has a column anyway). Accuracy (a share) and cross-entropy on
        the test set; the *sample* standard deviation, None for a single seed; None for what
        ``paired.beside_best`` fills in; the accuracy on the images that the epoch is chosen on,
        None where nothing is chosen; seconds of training alone, the mean of the runs; the mean of
        the epochs' seconds, without each run's first, which compiles.
    """
    return [_row(name, group, experiments[name]) for name, group in by_experiment(runs).items()]


def _row(name: str, runs: Sequence[Run], experiment: Mapping[str, Any]) -> Row:
    accuracies = [run.metrics["accuracy"] for run in runs]
    seconds = [sum(row["seconds"] for row in run.history) for run in runs]
    devices = {one["device_name"] for run in runs for one in run.provenance["hardware"]}
    row = {
        "experiment": name,
        "sweep": experiment["sweep"],
        "model": experiment["model"],
        "recipe": experiment["recipe"],
        "protocol": runs[0].metrics["protocol"],
        "seeds": " ".join(str(run.files.seed) for run in runs),
        "n_seeds": len(runs),
        "accuracy_mean": statistics.fmean(accuracies),
        "accuracy_std": statistics.stdev(accuracies) if len(runs) > 1 else None,
        **dict.fromkeys(("minus_best", "minus_best_low", "minus_best_high")),
        "val_accuracy_mean": _mean_on_what_chose(runs),
        "loss_mean": statistics.fmean(run.metrics["loss"] for run in runs),
        "training_seconds": statistics.fmean(seconds),
        "seconds_per_epoch": statistics.fmean(seconds_per_epoch(run.history) for run in runs),
        "epochs": len(runs[0].history),
        "parameters": runs[0].provenance["parameters"],
        "device": " + ".join(sorted(devices)),
    }
    return row | columns_of_overrides(experiment)


def seconds_per_epoch(history: Sequence[Mapping[str, float]]) -> float:
    """The mean of all epochs' seconds but the first's, which compiles (if there is another)."""
    return statistics.fmean(row["seconds"] for row in history[1:] or history)


def columns_of_overrides(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """What an experiment overrides, but for what ``COLUMNS`` tell of every experiment."""
    return {key: value for key, value in experiment["overrides"].items() if key not in COLUMNS}


def _mean_on_what_chose(runs: Sequence[Run]) -> float | None:
    if chooses_nothing(runs[0].metrics["protocol"]):
        return None
    selected = (run.history[run.metrics["selected_epoch"] - 1] for run in runs)
    return statistics.fmean(row["val_accuracy"] for row in selected)


def write_comparison(path: str | Path, rows: Sequence[Row], last: Sequence[str] = ()) -> None:
    """Write a row an experiment, with a column for each override that any of them has.

    ``last`` are further keys of the rows, whose columns come last.
    """
    overrides = dict.fromkeys(key for row in rows for key in row if key not in (*COLUMNS, *last))
    columns = [*COLUMNS, *overrides, *last]
    with writing_table(Path(path)) as write:
        write(columns)
        for row in rows:
            write([row.get(name) for name in columns])


def read_comparison(path: str | Path) -> list[Row]:
    """Read the rows back; overrides as text, and only those that an experiment has.

    Raises:
        DamagedFileError: if it is not as ``write_comparison`` wrote it.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [
                {name: COLUMNS.get(name, str)(text) if text else None for name, text in row.items()}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise DamagedFileError(path, str(error)) from error
    if not rows or not all(COLUMNS.keys() <= row.keys() for row in rows):
        raise DamagedFileError(path, "rows or columns are missing")
    return [
        {name: value for name, value in row.items() if value is not None or name in COLUMNS}
        for row in rows
    ]


def best_by_validation(rows: Iterable[Row]) -> Row | None:
    """Return the row of the highest validation accuracy, the first of ties.

    None where no row has one: then nothing was held out to choose on.
    """
    known = [row for row in rows if row["val_accuracy_mean"] is not None]
    return max(known, key=lambda row: row["val_accuracy_mean"], default=None)
