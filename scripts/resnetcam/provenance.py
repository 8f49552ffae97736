"""Where a run came from: commit, versions, hardware, time."""

import datetime
import platform
import subprocess
from pathlib import Path
from typing import Any

from resnetcam.backends.runtime import Runtime


def describe_run(runtime: Runtime) -> dict[str, Any]:
    """Return what ``run.json`` says about the machine and the code, as plain values."""
    return {
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": git_commit(Path(__file__).parent),
        "backend": runtime.backend,
        "device": runtime.device,
        "device_name": runtime.device_name,
        "precision": runtime.precision,
        "threads": runtime.threads,
        "versions": runtime.versions | {"python": platform.python_version()},
        "system": f"{platform.system()} {platform.machine()}",
    }


def git_commit(directory: Path) -> str:
    """Return the commit, with ``-dirty`` when tracked files differ from it, or ``unknown``."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40"]
    command += ["--exclude=*"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return result.stdout.strip()
