"""The rows of gpu.csv: each on disk when it is added, and what they amount to."""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COLUMNS = {
    "what": "epoch, training, maps and so on; skipped and failed say what is missing",
    "recipe": "the experiment of the config",
    "seed": "of the training",
    "epoch": "which one; for a training how many were trained",
    "images": "that were trained on, predicted or explained",
    "seconds": "wall time; of a training without validation",
    "seconds_an_epoch": "of a training: mean over the epochs that did not compile",
    "per_second": "images, or maps, a second; of a training over those epochs",
    "validation_accuracy": "of the held-out images, or of the test set if that chooses",
    "test_accuracy": "of the last epoch's weights",
    "note": "what else is to be known",
    "elapsed": "seconds since the start",
}
# Of the summary, and by what each is multiplied there.
NUMBERS = [
    ("seconds", 1),
    ("seconds_an_epoch", 1),
    ("per_second", 1),
    ("validation_accuracy", 100),
    ("test_accuracy", 100),
]


class Rows:
    """Writes gpu.csv and prints each row; ``all`` keeps them."""

    def __init__(self, path: Path):
        self.path, self.all = path, list[dict[str, Any]]()
        self._started = time.perf_counter()
        with open(path, "w", newline="") as file:
            csv.DictWriter(file, COLUMNS).writeheader()

    def add(self, what: str, **values: Any) -> None:
        """Append a row, and let the disk have it."""
        row = {"what": what, **values, "elapsed": time.perf_counter() - self._started}
        rounded = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
        with open(self.path, "a", newline="") as file:
            csv.DictWriter(file, COLUMNS).writerow(rounded)
        self.all.append(row)
        print(", ".join(f"{k} {v}" for k, v in rounded.items() if v != ""), flush=True)

    @contextmanager
    def measured(self, what: str, **values: Any) -> Iterator[dict[str, Any]]:
        """Add a row with the seconds that the body took, and what it puts into the row.

        With ``images`` the row has their number a second too; of maps, ``maps`` says how many.
        """
        before = time.perf_counter()
        yield values
        seconds = time.perf_counter() - before
        if count := values.pop("maps", values.get("images")):
            values["per_second"] = count / seconds
        self.add(what, seconds=seconds, **values)


def summary(rows: list[dict[str, Any]]) -> str:
    """Return a table of the trainings and of the maps."""
    lines = ["| | epochs | seconds | an epoch | per second | validation, % | test, % | |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for row in rows:
        if row["what"] in ("training", "maps"):
            name = " ".join(str(row[key]) for key in ("what", "recipe", "seed") if key in row)
            numbers = [f"{row[key] * unit:,.2f}" if key in row else "" for key, unit in NUMBERS]
            cells = [name, row.get("epoch", ""), *numbers, row.get("note", "")]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)
