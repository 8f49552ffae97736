"""``history.csv``: one row an epoch, counted from 1.

``learning_rate`` is the one at the epoch's end, ``seconds`` the wall time of its training: with
checkpoints and, in the first epoch, compilation; without validation.
``loss`` and ``val_loss`` are plain cross-entropy (natural logarithm), without smoothing or penalty;
``penalty`` is the weight decay as a loss term at the epoch's end. ``images`` is how many the epoch
trained on; ``loss`` and ``accuracy`` are theirs.
Where no images choose the epoch, ``val_loss`` and ``val_accuracy`` are empty in every row; a row in
memory then lacks these keys.
"""

import csv
from pathlib import Path

from resnetcam.common.errors import DamagedFileError, InputError

HISTORY_COLUMNS = (
    "epoch",
    "learning_rate",
    "seconds",
    "loss",
    "penalty",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "images",
)
_OPTIONAL = {"penalty", "images"}  # of logs of other origin, or from before
_OF_CHOICE = ("val_loss", "val_accuracy")


def write_history(path: str | Path, history: list[dict[str, float]]) -> None:
    """Write the rows, floats with all their digits."""
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def read_own_history(path: str | Path) -> list[dict[str, float]]:
    """Read the rows that ``write_history`` wrote, with the figures of a choice in all or in none.

    Raises:
        DamagedFileError: naming what is wrong.
        InputError: if this user may not read it.
    """
    try:
        rows = _read(path, may_be_empty=_OF_CHOICE)
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (OSError, InputError) as error:
        problem = str(error).removeprefix(f"{path}").lstrip(", ").rstrip(".")
        raise DamagedFileError(path, problem) from error
    if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
        raise DamagedFileError(path, "its epochs do not count from 1")
    found = {tuple(name for name in _OF_CHOICE if name in row) for row in rows}
    if found not in ({_OF_CHOICE}, {()}):
        raise DamagedFileError(path, "some of its rows have a val_loss and a val_accuracy, not all")
    return rows


def read_history(path: str | Path) -> list[dict[str, float]]:
    """Read a log of any origin, every value a float; ``penalty`` and ``images`` may be missing.

    Raises:
        InputError: naming the file and the row, if it is no such log.
    """
    return _read(path)


def _read(path: str | Path, may_be_empty: tuple[str, ...] = ()) -> list[dict[str, float]]:
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = {*HISTORY_COLUMNS} - _OPTIONAL - {*(reader.fieldnames or ())}
        if missing:
            raise InputError(
                f"{path} is no log of a training: it has no column {sorted(missing)[0]}. Expected: "
                f"{', '.join(HISTORY_COLUMNS)} ({' and '.join(sorted(_OPTIONAL))} may be missing)."
            )
        try:
            rows = [
                {
                    name: float(value)
                    for name, value in row.items()
                    if value != "" or name not in _OPTIONAL.union(may_be_empty)
                }
                for row in reader
            ]
        except (TypeError, ValueError, csv.Error) as error:
            raise InputError(
                f"{path}, row {reader.line_num}: a number is expected in every column ({error})."
            ) from error
    if not rows:
        raise InputError(f"{path} is an empty log: it has no row.")
    return rows
