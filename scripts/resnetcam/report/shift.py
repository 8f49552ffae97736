"""What the report says of corrupted test images, and of further test sets."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import SHIFT, TEST_SETS
from resnetcam.report.comparison import RunFiles
from resnetcam.report.text import relative_link
from resnetcam.shift.strengths import KINDS

_KINDS = 3  # at most, the weakest ones


def shift_facts(runs: Sequence[RunFiles], folder: Path) -> dict[str, Any] | None:
    """Return what the template prints of an experiment's ``shift.json``, its first seed's.

    Args:
        runs: of the experiment, one at least.
        folder: of the report, from which links start.
    """
    first, *others = runs
    if first.shift is None:
        return None
    found = read_json(first.shift, SHIFT)
    rows = [row for kind in found["kinds"].values() for row in kind["strengths"]]
    weakest = sorted(found["kinds"].items(), key=lambda item: item[1]["accuracy"])[:_KINDS]
    return {
        **found,
        "weakest": [(KINDS[name].title, one["accuracy"]) for name, one in weakest],
        "ece": statistics.fmean(row["ece"] for row in rows),
        "calibrated_ece": _mean_of_known([row["calibrated_ece"] for row in rows]),
        "others": [
            (run.seed, read_json(run.shift, SHIFT)["accuracy"]["mean"])
            for run in others
            if run.shift
        ],
        "table": relative_link(first.shift.with_suffix(".csv"), folder),
        "figure": relative_link(first.figures / "shift.png", folder),
    }


def facts_of_test_sets(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the scores of further test sets by name, as the template prints them."""
    found: dict[str, dict[str, Any]] = read_json(path, TEST_SETS) if path else {}
    return found


def _mean_of_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
