"""``history.csv``: one row an epoch, counted from 1.

``learning_rate`` is the one at the epoch's end, ``seconds`` the wall time of its training: with
checkpoints and, in the first epoch, compilation; without validation.
``loss`` and ``val_loss`` are plain cross-entropy (natural logarithm), without smoothing or penalty;
``penalty`` is the weight decay as a loss term at the epoch's end.
"""

import csv
from pathlib import Path

HISTORY_COLUMNS = (
    "epoch",
    "learning_rate",
    "seconds",
    "loss",
    "penalty",
    "accuracy",
    "val_loss",
    "val_accuracy",
)


def write_history(path: str | Path, history: list[dict[str, float]]) -> None:
    """Write the rows, floats with all their digits."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def read_history(path: str | Path) -> list[dict[str, float]]:
    """Read the rows back, every value a float."""
    with open(path, newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
