"""CSV files in UTF-8 that readers and spreadsheets open as they are meant."""

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from resnetcam.common.files import replacing

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets compute, or cut off before it


@contextlib.contextmanager
def writing_table(path: Path) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Yield a function that writes a row; the file is written whole or not at all.

    What is no UTF-8 in a text is written as ``\\udcff``.
    """
    with (
        replacing(path) as temporary,
        open(temporary, "w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        plain = csv.writer(file, lineterminator="\n")
        # Before Python 3.13 a carriage return alone is not quoted where it is needed.
        quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(row: Sequence[Any]) -> None:
            (quoting if "\r" in "".join(map(str, row)) else plain).writerow(row)

        yield write


def path_in_table(name: str) -> str:
    """Write a path that a spreadsheet would compute, such as ``=1+1.png``, as ``./=1+1.png``."""
    return f"./{name}" if name.startswith(_FORMULAS) else name
