"""Environments: a digest of the packages they pin, and no packages from elsewhere."""

import hashlib
import json
import os
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
    """Keep what lies in a user's home (``pip install --user``) out of this process's children."""
    os.environ["PYTHONNOUSERSITE"] = "1"
