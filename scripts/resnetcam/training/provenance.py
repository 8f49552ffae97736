"""Where a run came from: commit, versions, hardware, time."""

import datetime
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resnetcam.backends.runtime import Runtime

_OF_ANOTHER_REPOSITORY = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"}


def describe_run(runtime: Runtime) -> dict[str, Any]:
    """Return what ``run.json`` says about the machine and the code, as plain values.

    To be called when a training begins: what is committed meanwhile is not what runs.
    """
    return {
        "commit": git_commit(Path(__file__)),
        "backend": runtime.backend,
        **runtime.hardware,
        "versions": runtime.versions | {"python": platform.python_version()},
        "environment": dict(runtime.environment),
        "system": f"{platform.system()} {platform.machine()}",
    }


def finished_now(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``describe_run`` said of a run, and when it finished."""
    now = datetime.datetime.now(datetime.UTC)
    return {"finished": now.isoformat(timespec="seconds"), **run}


def git_commit(file: Path) -> str:
    """Return the commit that a file belongs to, with ``-dirty`` when tracked files differ from it.

    ``unknown`` without git, or if the file is not tracked: a copy of the project without its
    history may lie in somebody else's repository.
    """
    try:
        _git(file.parent, "ls-files", "--error-unmatch", file.name)
        return _git(file.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    # These say which repository, whatever the folder: in a hook, or where dotfiles are kept.
    ours = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER_REPOSITORY}
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True, env=ours)
    return done.stdout.strip()
