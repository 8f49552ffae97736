"""Which config files a report was made with: said in it, and compared with what replaces it."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

_CONFIG = "config.yaml"
_LINE = re.compile(r"^Written \S+ \S+ UTC from (.*)\.$", re.MULTILINE)


def written(overlays: Sequence[str]) -> str:
    """Return the sentence of a report that says when and from which config files it was made."""
    now = datetime.datetime.now(datetime.UTC)
    return f"Written {now:%Y-%m-%d %H:%M} UTC from {_names(overlays)}."


def report_to_be_replaced(report: str | Path, overlays: Sequence[str]) -> str:
    """Return a warning if a report that is there was made with other config files, or nothing."""
    path = Path(report)
    if not path.is_file():
        return ""
    found = _LINE.search(path.read_text(encoding="utf-8", errors="replace").replace("\\", ""))
    if not found or found[1] == _names(overlays):
        return ""
    return (
        f"{path} was made from {found[1]}; this run replaces it by one\n  from {_names(overlays)}. "
        "To keep both, stop now and copy it."
    )


def _names(overlays: Sequence[str]) -> str:
    """The files in the order in which they lie over each other."""
    return ", ".join([_CONFIG, *(name.replace("\\", "") for name in overlays)])
