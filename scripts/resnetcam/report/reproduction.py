"""What makes the runs of a report again: which code, and which command."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from resnetcam.report.config_files import Call

_USUAL_CORES = 4


def code_of(commits: Sequence[str]) -> str:
    """Which code made the runs: a commit is no whole answer if it is unknown or was changed."""
    if not commits:
        return "unnamed"
    if "unknown" in commits:
        return "unknown"
    if any(commit.endswith("-dirty") for commit in commits):
        return "changed"
    return "committed" if len(set(commits)) == 1 else "several"


def command(
    call: Call,
    target: str | None,
    settings: Mapping[str, Any],
    hardware: Sequence[Mapping[str, Any]],
) -> str:
    """Return the shell command that makes the results again, with as many threads.

    A training gets another number of threads from other ``--cores`` and other seeds beside it, and
    with it weights that differ by rounding. So the number is said, if it was the same for all.

    Args:
        hardware: each device that a training ran on, of ``run.json``.
    """
    threads = {one["threads"] for one in hardware}
    cores = max(_USUAL_CORES, *threads) if threads else _USUAL_CORES
    if hardware and all(one["device"] == "cpu" for one in hardware):
        settings = {**settings, "device": "cpu"}
    same = threads.pop() if len(threads) == 1 else None
    return shlex.join(call.command(target, cores, settings, threads=same))
