"""How long each stage took in a run of Snakemake, from the benchmark files of its jobs."""

import csv
from collections.abc import Iterable
from pathlib import Path

from resnetcam.common.wording import counted, minutes_and_seconds

_NAMED = 4  # stages, at most
_SMALL = 0.05  # of all; what takes less is among the others


def stage_times(jobs: Iterable[tuple[str, Path]], since: float, elapsed: float) -> str | None:
    """Return a line such as ``Stages: train 92 s (2 jobs), others 21 s; 113 s in all, ...``.

    Args:
        jobs: of each job that ran, its rule's name and its benchmark file.
        since: when the run began, by the clock of the file system. Older files are an earlier
            run's: nothing ran under them, as with ``--touch``.
        elapsed: seconds from then until now. It differs from the sum where jobs ran side by side.

    Returns:
        None if no job ran.
    """
    seconds: dict[str, list[float]] = {}
    for name, path in jobs:
        taken = _seconds(path, since)
        if taken is not None:
            seconds.setdefault(name.replace("_", " "), []).append(taken)
    if not seconds:
        return None
    stages = sorted(seconds.items(), key=lambda item: -sum(item[1]))
    total = sum(map(sum, seconds.values()))
    named = [one for one in stages[:_NAMED] if sum(one[1]) >= _SMALL * total]
    others = [taken for _, jobs_of_stage in stages[len(named) :] for taken in jobs_of_stage]
    told = [_told(name, taken) for name, taken in named]
    if others:
        told.append(_told("others", others))
    line = f"Stages: {', '.join(told)}"
    if len(stages) > 1 or len(stages[0][1]) > 1:
        line += f"; {minutes_and_seconds(total)} in all"
    return f"{line}, {minutes_and_seconds(elapsed)} by the clock."


def _told(name: str, taken: list[float]) -> str:
    many = f" ({counted(len(taken), 'job')})" if len(taken) > 1 else ""
    return f"{name} {minutes_and_seconds(sum(taken))}{many}"


def _seconds(path: Path, since: float) -> float | None:
    """Of a benchmark file of this run; None of an earlier one's, or where there is none."""
    try:
        if path.stat().st_mtime < since:
            return None
        with open(path, encoding="utf-8", newline="") as file:
            return sum(float(row["s"]) for row in csv.DictReader(file, delimiter="\t"))
    except (OSError, KeyError, ValueError, TypeError):
        return None
