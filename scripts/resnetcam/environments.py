"""Environments: a digest of the packages they pin, and what all stages find set."""

import hashlib
import importlib.util
import json
import os
import site
from collections.abc import Iterable
from pathlib import Path

from resnetcam.yaml_file import read_yaml


def environment_digest(paths: Iterable[Path]) -> str:
    """Return 16 hex digits for conda environment files; comments and order do not count."""
    pins: list[str] = []
    for path in paths:
        for dependency in read_yaml(path)["dependencies"]:
            pins += dependency["pip"] if isinstance(dependency, dict) else [dependency]
    return hashlib.sha256(json.dumps(sorted(pins)).encode()).hexdigest()[:16]


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
