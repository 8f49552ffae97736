"""What trainings are doing: from their logs, which nobody is disturbed by reading."""

import re
import time
from pathlib import Path

from resnetcam.workflow.stage import DONE

from resnetcam.common.errors import InputError
from resnetcam.common.wording import counted, minutes_and_seconds, shown
from resnetcam.workflow.failures import last_error

_RECORD = re.compile(r"^\S+ \S+ (?P<level>[A-Z]+) (?P<message>.*)$", re.MULTILINE)
_EPOCH = re.compile(r"epoch +(?P<epoch>\d+/\d+) .*?(?P<accuracy>accuracy .*? %)  loss .*")
_LEFT = re.compile(r"  (\S+ \S+ left)$")


def status(folder: Path) -> list[str]:
    """Return a line for each training that has not finished, and how many have.

    Args:
        folder: where the workflow runs, with its ``logs/``.

    Raises:
        InputError: if no training has begun there.
    """
    logs = sorted(folder.glob("logs/*/*/seed*/train.log"))
    if not logs:
        raise InputError(
            f"There is no log of a training below {shown(folder / 'logs')}. Name the folder that "
            "snakemake was called in, or that of its --directory."
        )
    told = {log: training_in_words(log) for log in logs}
    lines = [f"{shown(_name(log))}: {one}" for log, one in told.items() if one]
    finished = len(logs) - len(lines)
    return [*lines, *([f"{counted(finished, 'training')} finished."] if finished else [])]


def _name(log: Path) -> str:
    return "/".join(log.parts[-4:-1])


def training_in_words(log: Path) -> str | None:
    """Return what a training last said in its log, and when; None if it has finished."""
    records = list(_RECORD.finditer(log.read_text(encoding="utf-8", errors="replace")))
    last = records[-1]["message"] if records else ""
    if last == DONE:
        return None
    ago = f"{minutes_and_seconds(max(0, time.time() - log.stat().st_mtime))} ago"
    if any(record["level"] == "ERROR" for record in records):
        return f"failed {ago}: {last_error(log)}"
    epochs = [match for record in records if (match := _EPOCH.match(record["message"]))]
    if not epochs:
        return f"in its first epoch; its last word {ago}"
    epoch = epochs[-1]
    left = _LEFT.search(epoch[0])
    parts = [f"epoch {epoch['epoch']}", epoch["accuracy"], *(left.groups() if left else ())]
    return f"{', '.join(parts)}; its last word {ago}"
