"""What failed, and what was finished all the same: ``failures.csv`` and ``comparison.partial.csv``.

Snakemake runs nothing below a failed job, so no rule can write these: the workflow itself does when
it ends. The first disappears when a run of the workflow succeeds, the second when all is compared.
"""

import itertools
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from resnetcam.workflow.stage import DONE

from resnetcam.common.errors import InputError
from resnetcam.common.tables import writing_table
from resnetcam.report.comparison import (
    COLUMNS,
    Row,
    Run,
    columns_of_overrides,
    compare,
    files_of_run,
    read_run,
    write_comparison,
)

# Columns of comparison.partial.csv beside those of comparison.csv.
MISSING = ("failed_seeds", "missing_seeds", "failure")

_NEVER_BEGAN = (
    "it left no log in this run, so it did not start: it could not be launched, or could not "
    "import a package. The lines above or the batch system's log say why"
)
_ENDED_WELL = (
    "according to its log it finished, but its results were not accepted. The lines above say "
    "why: results that appear late, or clocks (of machines, of file systems) that differ"
)
_BROKE_OFF = (
    "its log ends without an error, so it was stopped from outside or crashed. The lines above may "
    "show an exit status; a lack of memory or time is in the system's log (`dmesg`) or the batch "
    "system's"
)
_MOST_LISTED = 10
_LONGEST_MESSAGE = 500
_WIDTH = 100
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


def last_error(log: str | Path, since: float = 0.0) -> str:
    """Return the last error in a stage's log as one line, or what else is known of its end.

    Args:
        since: when this run of the workflow began, by the clock of the log's file system.
    """
    path = Path(log)
    try:
        found = path.stat().st_mtime >= since
        text = path.read_text(encoding="utf-8", errors="replace") if found else ""
    except OSError:
        found, text = False, ""
    if not found:
        return _NEVER_BEGAN
    starts = [match.start() for match in _RECORD.finditer(text)] + [len(text)]
    records = [text[at:end] for at, end in itertools.pairwise(starts)]
    errors = [
        record
        for record in records
        if (head := _RECORD.match(record)) and head[0].endswith(" ERROR ")
    ]
    if not errors:
        last = _RECORD.sub("", records[-1]).strip() if records else ""
        return _ENDED_WELL if last == DONE else _BROKE_OFF
    lines = _RECORD.sub("", errors[-1]).strip().splitlines()
    # A traceback's own last line says what it is about.
    if any(line.startswith("Traceback") for line in lines):
        lines = [lines[0], lines[-1]]
    return " ".join(" ".join(lines).split())


def report_failures(
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
    _, damaged = _read_runs(run for run, done in finished.items() if done)
    lines = []
    if finished:
        done = f"{sum(finished.values()) - len(damaged):,} of {len(finished):,}"
        lines.append(f"{folder.name}: {done} runs are trained and evaluated.")
    for failure in failures[:_MOST_LISTED]:
        seed = failure.seed and f"seed{failure.seed}"
        subject = " ".join([failure.stage, "/".join(filter(None, (failure.experiment, seed)))])
        lines += [*_lines(f"Failed: {subject.rstrip()}: {failure.message}"), f"  see {failure.log}"]
    if len(failures) > _MOST_LISTED:
        lines.append(f"and {len(failures) - _MOST_LISTED:,} more.")
    messages = " ".join(failure.message for failure in failures)
    for problem in itertools.islice(damaged.values(), _MOST_LISTED):
        lines += [] if problem in messages else _lines(problem)
    lines += _write_tables(folder, failures, finished, experiments, compared)
    helps = {failure.message for failure in failures} <= {_NEVER_BEGAN, _BROKE_OFF} and not damaged
    again = "Run the same command again" if helps else "Once that is fixed, run the same command"
    lines.append(f"{again}: it does only what is missing.")
    return "\n".join(lines)


def _lines(message: str) -> list[str]:
    short = textwrap.shorten(message, _LONGEST_MESSAGE, placeholder=" …")
    return textwrap.wrap(
        short, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _write_tables(
    folder: Path,
    failures: Sequence[Failure],
    finished: Mapping[str, bool],
    experiments: Mapping[str, Mapping[str, Any]],
    compared: bool | None,
) -> list[str]:
    """Write both tables, as far as that can be, and say which."""
    lines = []
    try:
        forget_failures(folder, compared=bool(compared))
        if failures:
            write_failures(folder / "failures.csv", failures)
            lines.append(f"Written: {folder / 'failures.csv'}")
        if finished and compared is False:
            path = folder / "comparison.partial.csv"
            rows = partial_comparison(finished, experiments, failures)
            write_comparison(path, rows, last=MISSING)
            lines.append(f"Written: {path}")
    except OSError as error:
        lines.append(f"{error.filename} cannot be written: {error.strerror}.")
    return lines


def forget_failures(folder: str | Path, *, compared: bool) -> None:
    """Remove what ``report_failures`` wrote; a partial comparison once there is a whole one."""
    (Path(folder) / "failures.csv").unlink(missing_ok=True)
    if compared:
        (Path(folder) / "comparison.partial.csv").unlink(missing_ok=True)


def write_failures(path: str | Path, failures: Iterable[Failure]) -> None:
    """Write ``failures.csv``: one row per failed job."""
    with writing_table(Path(path)) as write:
        write([field.name for field in fields(Failure)])
        for failure in failures:
            write(astuple(failure))


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
    finished, damaged = _read_runs(folder for folder, done in folders.items() if done)
    there = {row["experiment"]: row for row in compare(finished, experiments)}
    first: dict[tuple[str, str], str] = {}
    for failure in failures:
        message = f"{failure.stage}: {failure.message}"
        first.setdefault((failure.experiment, failure.seed), message)
    unfinished: dict[str, list[str]] = {}
    for folder, done in folders.items():
        files = files_of_run(folder)
        there_is_one = done and folder not in damaged
        seeds = unfinished.setdefault(files.experiment, [])
        seeds.extend([] if there_is_one else [str(files.seed)])
        if folder in damaged:
            first.setdefault((files.experiment, str(files.seed)), damaged[folder])
    rows = []
    for name, seeds in unfinished.items():
        failed = [seed for seed in seeds if (name, seed) in first]
        others = [seed for seed in seeds if seed not in failed]
        message = first[name, failed[0]] if failed else ""
        missing = dict(zip(MISSING, (" ".join(failed), " ".join(others), message), strict=True))
        rows.append(there.get(name, _empty(name, experiments[name])) | missing)
    return rows


def _read_runs(folders: Iterable[str]) -> tuple[list[Run], dict[str, str]]:
    """The runs in these folders, and of each that cannot be read why."""
    runs, problems = [], {}
    for folder in folders:
        try:
            runs.append(read_run(files_of_run(folder)))
        except InputError as error:
            problems[folder] = str(error)
    return runs, problems


def _empty(name: str, experiment: Mapping[str, Any]) -> Row:
    known = {key: experiment[key] for key in ("sweep", "model", "recipe", "protocol")}
    row = dict.fromkeys(COLUMNS) | {"experiment": name, "n_seeds": 0} | known
    return row | columns_of_overrides(experiment)
