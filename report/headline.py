"""Say where the report is and what came out (the end of `make run`)."""

import csv
import sys
from pathlib import Path

_MOST_ROWS = 10


def main(folder: Path) -> None:
    """Print the report's path, the headline numbers and how to go on by hand."""
    report = folder / "report.md"
    if not report.exists():
        return
    print(f"\nReport: {report} (and report.html beside it)")
    with open(folder / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:_MOST_ROWS]:
        accuracy = float(row["accuracy_mean"])
        chosen = " (test-selected)" if row["protocol"] == "test_selected" else ""
        print(f"{row['experiment']}: {accuracy:.1%} test accuracy{chosen}")
    if len(rows) > _MOST_ROWS:
        print(f"and {len(rows) - _MOST_ROWS} more in {folder / 'comparison.csv'}")
    print("To type commands yourself: source .venv/bin/activate")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
