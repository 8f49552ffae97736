"""``agreement.csv``: how the maps of each image agree."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.tables import writing_table

_COLUMNS = ("test_image", "seeds_right", "correlation", "top_overlap")

Values = NDArray[np.float64]


class Agreement(NamedTuple):
    """How two maps of each image agree.

    Attributes:
        correlation: Spearman's, over cells, (N,) in -1..1.
        overlap: the share of the highest tenth of the cells that both have in common, (N,).
    """

    correlation: Values
    overlap: Values


def write_agreement(path: Path, of_images: Agreement, right: NDArray[np.bool_]) -> None:
    """Write ``agreement.csv``: how the maps of each image agree, the mean over pairs of seeds."""
    with writing_table(path) as write:
        write(_COLUMNS)
        rows = zip(right.sum(0).tolist(), *(values.tolist() for values in of_images), strict=True)
        for index, (seeds, correlation, overlap) in enumerate(rows):
            write([index, seeds, f"{correlation:.6g}", f"{overlap:.6g}"])


def read_agreement(path: Path) -> Agreement:
    """Read what ``write_agreement`` wrote.

    Raises:
        DamagedFileError: if it is something else.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        values = [[float(row[name]) for row in rows] for name in _COLUMNS[2:]]
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise DamagedFileError(path, f"it is no table of agreement ({error!r})") from error
    return Agreement(*map(np.array, values))
