"""Environments: the packages they pin, which of them a run takes, what all stages find set."""

import atexit
import contextlib
import glob
import hashlib
import importlib.util
import json
import os
import re
import site
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from resnetcam.common.errors import InputError
from resnetcam.common.yaml_file import read_yaml

_JOBS_RUN_HERE = "RESNETCAM_JOBS_RUN_HERE"


def environment_digest(paths: Iterable[Path]) -> str:
    """Return 16 hex digits for conda environment files; comments, order, hashes do not count."""
    pins = [pin for path in paths for pin in _dependencies(path)]
    return hashlib.sha256(json.dumps(sorted(pins)).encode()).hexdigest()[:16]


def pinned_versions(path: Path) -> dict[str, str]:
    """Return the versions of the Python packages that an environment file pins for this machine."""
    *_, last = read_yaml(path)["dependencies"]
    requirements = [Requirement(_without_hashes(pin)) for pin in last["pip"]]
    return {
        one.name: next(iter(one.specifier)).version
        for one in requirements
        if not one.marker or one.marker.evaluate()
    }


def deployment(path: Path, folder: str | None) -> dict[str, object]:
    """Return what a stage checks its packages against (``resnetcam.workflow.deployment``).

    Args:
        path: of the conda environment file; folder: where Snakemake keeps the environments that it
            makes, None if it makes none.
    """
    return {"file": f"envs/{path.name}", "pins": pinned_versions(path), "folder": folder}


def _dependencies(path: Path) -> list[str]:
    pins: list[str] = []
    for dependency in read_yaml(path)["dependencies"]:
        pins += dependency["pip"] if isinstance(dependency, dict) else [dependency]
    return [_without_hashes(pin) for pin in pins]


def _without_hashes(pin: str) -> str:
    return pin.partition(" --hash=")[0].strip()


def network_environment(backend: str, device: str, *, on_this_machine: bool) -> str:
    """Return which environment runs networks: the one with CUDA unless it is of no use.

    Args:
        on_this_machine: whether the jobs run where this process does, so that it can tell whether
            there is a GPU.
    """
    lean = device == "cpu" or (device == "auto" and on_this_machine and not has_nvidia_device())
    return backend if lean else f"{backend}-gpu"


def remembered_by_children(jobs_run_here: bool | None) -> bool:
    """Keep for all child processes whether jobs run on this machine; None asks what was kept."""
    if jobs_run_here is not None:
        os.environ[_JOBS_RUN_HERE] = str(int(jobs_run_here))
    return os.environ.get(_JOBS_RUN_HERE) == "1"


def has_nvidia_device() -> bool:
    """Whether a driver shows a device of NVIDIA (in WSL: of anybody), whatever can use it."""
    return bool(glob.glob("/dev/nvidia[0-9]*")) or os.path.exists("/dev/dxg")


def interpreter_without_spaces(executable: str) -> str:
    """Return a path to an interpreter that holds no space: Snakemake quotes no interpreter's.

    An interpreter in an environment is reached by a link to the environment, which goes when this
    process ends.

    Raises:
        InputError: if there is no place for a link without a space in its own path.
    """
    if not re.search(r"\s", executable):
        return executable
    binaries = Path(executable).parent
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if os.access(place, os.W_OK) and not re.search(r"\s", place):
            folder = tempfile.mkdtemp(prefix="resnetcam-", dir=place)
            link = Path(folder, "environment")
            link.symlink_to(binaries.parent)
            atexit.register(_remove_link, link)
            return str(link / binaries.name / Path(executable).name)
    raise InputError(
        f"{executable}: Snakemake cannot start an interpreter with a space in its path. Move the "
        "environment to another folder, or set TMPDIR to a folder without a space in its name."
    )


def _remove_link(link: Path) -> None:
    with contextlib.suppress(OSError):
        link.unlink()
        link.parent.rmdir()


def shut_out_user_packages() -> None:
    """Keep what lies in a user's home (``pip install --user``) out of this process's children.

    Unless Snakemake itself lies there: the jobs of a cluster call it.
    """
    snakemake = importlib.util.find_spec("snakemake")
    place = snakemake.origin if snakemake else None
    if not (place and Path(place).is_relative_to(site.getusersitepackages())):
        os.environ["PYTHONNOUSERSITE"] = "1"


def ask_for_huge_pages() -> None:
    """Let the children of this process have their memory in pages of 2 MB, where Linux has some.

    Most distributions give them only to who asks (``transparent_hugepage``: madvise), and glibc
    asks only if told so before a process starts. Training steps gain 2 to 5 %
    (docs/performance.md). Tunables that the user has set are left as they are.
    """
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
