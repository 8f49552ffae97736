"""What failed, and what is there nevertheless: ``failures.csv`` and ``comparison.partial.csv``.

Snakemake runs nothing below a failed job, so no rule can write these: the workflow itself does when
it ends. The first disappears when a run of the workflow succeeds, the second when all is compared.
"""

import csv
import itertools
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from resnetcam.comparison import (
    COLUMNS,
    Row,
    columns_of_overrides,
    compare,
    files_of_run,
    read_run,
    write_comparison,
)
from resnetcam.files import replacing

# Columns of comparison.partial.csv beside those of comparison.csv.
MISSING = ("failed_seeds", "missing_seeds", "failure")

_MOST_TOLD = 10
_LONGEST_MESSAGE = 160
_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes:
        experiment, seed: of the run that it belongs to; empty for a job of the whole dataset.
        stage: the rule.
        log: the stage's log file.
        message: its last error, in one line.
    """

    experiment: str
    seed: str
    stage: str
    log: str
    message: str


def last_error(log: str | Path) -> str:
    """Return the last error in a stage's log as one line, or say that there is none."""
    path = Path(log)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    starts = [match.start() for match in _RECORD.finditer(text)] + [len(text)]
    records = [text[at:end] for at, end in itertools.pairwise(starts)]
    errors = [
        record
        for record in records
        if (head := _RECORD.match(record)) and head[0].endswith(" ERROR ")
    ]
    if not errors:
        return (
            "ended without a message: killed, out of memory or out of time; if it could not even "
            "start, the terminal says why"
        )
    lines = _RECORD.sub("", errors[-1]).strip().splitlines()
    # A traceback's own last line says what it is about.
    told = [lines[0], lines[-1]] if any(line.startswith("Traceback") for line in lines) else lines
    return " ".join(" ".join(told).split())


def tell_failures(
    folder: str | Path,
    *,
    failures: Sequence[Failure],
    finished: Mapping[str, bool],
    experiments: Mapping[str, Mapping[str, Any]],
    compared: bool | None,
) -> str:
    """Write what failed and what is there, and return what to say about it.

    Args:
        folder: the dataset's results.
        failures: the jobs that failed; may be none, when a person stopped the workflow.
        finished: every run's folder that was to be evaluated, and whether it is.
        experiments: as for ``compare``.
        compared: whether ``comparison.csv`` was made, so that no partial one is needed; None if
            it was not asked for, so that an earlier partial one stays as it is.
    """
    folder = Path(folder)
    forget_failures(folder, compared=bool(compared))
    lines = []
    if finished:
        done = f"{sum(finished.values()):,} of {len(finished):,}"
        lines.append(f"{folder.name}: {done} runs are trained and evaluated.")
    for failure in failures[:_MOST_TOLD]:
        seed = failure.seed and f"seed{failure.seed}"
        subject = " ".join([failure.stage, "/".join(filter(None, (failure.experiment, seed)))])
        message = textwrap.shorten(failure.message, _LONGEST_MESSAGE, placeholder=" …")
        lines += [f"Failed: {subject.rstrip()}: {message}", f"  see {failure.log}"]
    if len(failures) > _MOST_TOLD:
        lines.append(f"and {len(failures) - _MOST_TOLD:,} more.")
    if failures:
        write_failures(folder / "failures.csv", failures)
        lines.append(f"Written: {folder / 'failures.csv'}")
    if finished and compared is False:
        path = folder / "comparison.partial.csv"
        write_comparison(path, partial_comparison(finished, experiments, failures), last=MISSING)
        lines.append(f"Written: {path}")
    lines.append("Run the same command again: it does only what is missing.")
    return "\n".join(lines)


def forget_failures(folder: str | Path, *, compared: bool) -> None:
    """Remove what ``tell_failures`` wrote; a partial comparison only once there is a whole one."""
    (Path(folder) / "failures.csv").unlink(missing_ok=True)
    if compared:
        (Path(folder) / "comparison.partial.csv").unlink(missing_ok=True)


def write_failures(path: str | Path, failures: Iterable[Failure]) -> None:
    """Write ``failures.csv``: one row a failed job."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [field.name for field in fields(Failure)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(asdict(failure) for failure in failures)


def partial_comparison(
    folders: Mapping[str, bool],
    experiments: Mapping[str, Mapping[str, Any]],
    failures: Sequence[Failure],
) -> list[Row]:
    """Summarise what there is, experiment by experiment, and name what is missing.

    Args:
        folders: every run's folder, and whether that run has finished.
        experiments: as for ``compare``.
        failures: the jobs that failed.

    Returns:
        A row for every experiment: its finished seeds as in ``comparison.csv``, empty if there are
        none, and the columns ``MISSING``: seeds that failed, seeds that neither failed nor
        finished, and the message of the first failure.
    """
    finished = [read_run(files_of_run(folder)) for folder, done in folders.items() if done]
    there = {row["experiment"]: row for row in compare(finished, experiments)}
    first: dict[tuple[str, str], str] = {}
    for failure in failures:
        told = f"{failure.stage}: {failure.message}"
        first.setdefault((failure.experiment, failure.seed), told)
    unfinished: dict[str, list[str]] = {}
    for folder, done in folders.items():
        files = files_of_run(folder)
        unfinished.setdefault(files.experiment, []).extend([] if done else [str(files.seed)])
    rows = []
    for name, seeds in unfinished.items():
        failed = [seed for seed in seeds if (name, seed) in first]
        others = [seed for seed in seeds if seed not in failed]
        message = first[name, failed[0]] if failed else ""
        missing = dict(zip(MISSING, (" ".join(failed), " ".join(others), message), strict=True))
        rows.append(there.get(name, _empty(name, experiments[name])) | missing)
    return rows


def _empty(name: str, experiment: Mapping[str, Any]) -> Row:
    known = {key: experiment[key] for key in ("sweep", "model", "recipe", "protocol")}
    row = dict.fromkeys(COLUMNS) | {"experiment": name, "n_seeds": 0} | known
    return row | columns_of_overrides(experiment)
