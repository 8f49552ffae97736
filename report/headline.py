"""Say where the report is and what came out (the end of `make run`)."""

import csv
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Print the report's path, the headline number and how to go on by hand."""
    report = folder / "report.md"
    if not report.exists():
        return
    print(f"\nReport: {report} (and report.html beside it)")
    with open(folder / "comparison.csv", newline="") as file:
        for row in csv.DictReader(file):
            accuracy = float(row["accuracy_mean"])
            chosen = " (test-selected)" if row["protocol"] == "test_selected" else ""
            print(f"{row['experiment']}: {accuracy:.1%} test accuracy{chosen}")
    print("To type commands yourself: source .venv/bin/activate")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
