"""``history.csv``: one row an epoch, counted from 1.

``learning_rate`` is the one at the epoch's end, ``seconds`` the wall time of its training: with
checkpoints and, in the first epoch, compilation; without validation.
``loss`` and ``val_loss`` are plain cross-entropy (natural logarithm), without smoothing or penalty;
``penalty`` is the weight decay as a loss term at the epoch's end.
"""

import csv
from pathlib import Path

from resnetcam.errors import InputError

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
    """Read the rows back, every value a float; a log of another origin may lack the penalty.

    Raises:
        InputError: naming the file and the row, if it is no such log.
    """
    with open(path, newline="", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = {*HISTORY_COLUMNS} - {"penalty"} - {*(reader.fieldnames or ())}
        if missing:
            raise InputError(
                f"{path} is no log of a training: it has no column {sorted(missing)[0]}. Expected: "
                f"{', '.join(HISTORY_COLUMNS)} (the penalty may be missing)."
            )
        try:
            rows = [{name: float(value) for name, value in row.items()} for row in reader]
        except (TypeError, ValueError, csv.Error) as error:
            raise InputError(
                f"{path}, row {reader.line_num}: a number is expected in every column ({error})."
            ) from error
    if not rows:
        raise InputError(f"{path} is an empty log: it has no row.")
    return rows
