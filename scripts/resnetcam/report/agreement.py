"""What the report says of maps from seed to seed."""

from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import AGREEMENT
from resnetcam.report.text import relative_link
from resnetcam.report.titles import title


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
        "verdict": _verdict(default, title(first)) if default["same_image"] else None,
        "table": table,
        "figure": figure,
    }


def _verdict(default: dict[str, Any], method: str) -> str:
    """Say how alike the maps of an image are from seed to seed, beside those of two images."""
    same = round(default["same_image"]["correlation"]["mean"], 2)
    other = default["other_image"]
    between = f"{method}'s maps of the same image correlate by {same:.2f} from seed to seed"
    if not other:
        return f"{between}."
    level = round(other["correlation"]["mean"], 2)
    if same <= level:
        return f"{between}, no more than those of two images of one seed ({level:.2f})."
    return f"{between}, those of two images of one seed by {level:.2f}."
