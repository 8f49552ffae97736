"""What the report says of labels that look wrong."""

from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import LABEL_CANDIDATES
from resnetcam.evaluation.label_candidates import HELD_OUT, TEST, TRAINING
from resnetcam.report.text import relative_link

_SETS = {TEST: "test", HELD_OUT: "held-out training", TRAINING: "other training"}
_CLASSES = 3  # at most, those with most candidates


def label_facts(path: Path, folder: Path) -> dict[str, Any]:
    """Return what the template prints of an experiment's ``label_candidates.json``.

    Args:
        folder: of the report, from which links start.
    """
    found = read_json(path, LABEL_CANDIDATES)
    table, figure = (relative_link(path.with_suffix(kind), folder) for kind in (".csv", ".png"))
    doubted = [one for one in found["sets"][TEST]["classes"] if one["candidates"]]
    named = sorted(doubted, key=lambda one: -one["candidates"])[:_CLASSES]
    return {
        "seeds": len(found["seeds"]),
        "sets": [(name, found["sets"][key]) for key, name in _SETS.items() if key in found["sets"]],
        "candidates": sum(one["candidates"] for one in found["sets"].values()),
        "in_test": found["sets"][TEST]["candidates"],
        "classes": named,
        "others": sum(one["candidates"] for one in doubted) - sum(n["candidates"] for n in named),
        "holds_out": HELD_OUT in found["sets"],
        "accuracy": found["accuracy"]["mean"],
        "without": found["accuracy_without_candidates"],
        "table": table,
        "figure": figure,
    }
