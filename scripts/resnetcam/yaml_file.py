"""Reading YAML quickly: every ``snakemake`` command, every job on a cluster, reads it anew."""

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


def read_yaml(path: str | Path) -> Any:
    """Return the plain values of a YAML file."""
    return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)
