"""What is said when the workflow has ended: where the report is, and what came out."""

import csv
import json
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_MOST_ROWS = 10
_COLUMNS = ("experiment", "protocol", "n_seeds", "accuracy_mean")


def closing_words(report: Path, runs: Iterable[Path]) -> str:
    """Return a report's path and a line for each experiment.

    Args:
        report: ``report.md`` of a dataset, beside its ``comparison.csv``, or of one experiment.
        runs: folders of the runs, for the report of an experiment.
    """
    comparison = report.with_name("comparison.csv")
    rows = _rows_of(comparison) if comparison.exists() else [_row_of(list(runs))]
    lines = [_line(row) for row in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        lines.append(f"and {len(rows) - _MOST_ROWS:,} more in {comparison}")
    return "\n".join([f"Report: {report} (and {report.stem}.html beside it)", *lines])


def _rows_of(comparison: Path) -> list[dict[str, Any]]:
    with open(comparison, newline="", encoding="utf-8") as file:
        return [{name: row[name] for name in _COLUMNS} for row in csv.DictReader(file)]


def _row_of(runs: list[Path]) -> dict[str, Any]:
    metrics = [json.loads((run / "metrics.json").read_text(encoding="utf-8")) for run in runs]
    return {
        "experiment": runs[0].parent.name,
        "protocol": metrics[0]["protocol"],
        "n_seeds": len(runs),
        "accuracy_mean": statistics.mean(one["accuracy"] for one in metrics),
    }


def _line(row: dict[str, Any]) -> str:
    seeds = f", mean of {row['n_seeds']} seeds" if int(row["n_seeds"]) > 1 else ""
    chosen = " (test-selected)" if row["protocol"] == "test_selected" else ""
    return f"{row['experiment']}: {float(row['accuracy_mean']):.1%} test accuracy{seeds}{chosen}"
