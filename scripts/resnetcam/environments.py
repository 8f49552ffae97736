"""A digest of environment files: of the packages they pin, not of how they are written."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from resnetcam.yaml_file import read_yaml


def environment_digest(paths: Iterable[Path]) -> str:
    """Return 16 hex digits for conda environment files; comments and order do not count."""
    pins = []
    for path in paths:
        for dependency in read_yaml(path)["dependencies"]:
            pins += dependency["pip"] if isinstance(dependency, dict) else [dependency]
    return hashlib.sha256(json.dumps(sorted(pins)).encode()).hexdigest()[:16]
