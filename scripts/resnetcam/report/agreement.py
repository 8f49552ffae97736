"""What the report says of maps from seed to seed."""

from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import AGREEMENT
from resnetcam.report.text import relative_link
from resnetcam.report.titles import title

# As printed, below so much the seeds' maps are not alike, and from so much on they are.
_ALIKE, _UNALIKE = 0.8, 0.5


def agreement_facts(path: Path | None, folder: Path) -> dict[str, Any] | None:
    """Return what the template prints of an experiment's ``agreement.json``; None if there is none.

    Args:
        folder: of the report, from which links start.
    """
    if path is None:
        return None
    found = read_json(path, AGREEMENT)
    (first, default), *_ = found["methods"].items()
    table, figure = (relative_link(path.with_suffix(kind), folder) for kind in (".csv", ".png"))
    return found | {
        "default": default,
        "method": title(first),
        "verdict": _verdict(default) if default["same_image"] else None,
        "table": table,
        "figure": figure,
    }


def _verdict(default: dict[str, Any]) -> str:
    """Say how much of a map is the image's, and how much the seed's."""
    same = round(default["same_image"]["correlation"]["mean"], 2)
    other = default["other_image"]
    if other and same <= round(other["correlation"]["mean"], 2):
        return "From seed to seed, maps of the same image are no more alike than maps of two images"
    if same < _UNALIKE:
        return "Maps are more the seed's than the image's: another training would point elsewhere"
    if same < _ALIKE:
        return "Maps agree in part: what one seed's map shows and another's does not is the seed's"
    return "Maps agree from seed to seed: another training would show much the same"
