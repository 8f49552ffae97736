"""What is said when the workflow has ended: where the report is, and what came out."""

import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import METRICS
from resnetcam.data.protocols import label
from resnetcam.report.comparison import read_comparison

_MOST_ROWS = 10


def closing_words(report: Path, runs: Iterable[Path]) -> str:
    """Return a report's path and a line for each experiment.

    Args:
        report: ``report.md`` of a dataset, beside its ``comparison.csv``, or of one experiment.
        runs: folders of the runs, for the report of an experiment.
    """
    where = f"Report: {report} (and {report.stem}.html beside it)"
    comparison = report.with_name("comparison.csv")
    try:
        rows = read_comparison(comparison) if comparison.exists() else [_row_of(list(runs))]
    except InputError as error:
        return f"{where}\n{error}"
    lines = [_line(row) for row in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        lines.append(f"and {len(rows) - _MOST_ROWS:,} more in {comparison}")
    return "\n".join([where, *lines])


def _row_of(runs: list[Path]) -> dict[str, Any]:
    metrics = [read_json(run / "metrics.json", METRICS) for run in runs]
    return {
        "experiment": runs[0].parent.name,
        "protocol": metrics[0]["protocol"],
        "n_seeds": len(runs),
        "accuracy_mean": statistics.mean(one["accuracy"] for one in metrics),
    }


def _line(row: dict[str, Any]) -> str:
    seeds = f", mean of {row['n_seeds']} seeds" if int(row["n_seeds"]) > 1 else ""
    chosen = label(row["protocol"])
    return f"{row['experiment']}: {float(row['accuracy_mean']):.1%} test accuracy{seeds}{chosen}"
