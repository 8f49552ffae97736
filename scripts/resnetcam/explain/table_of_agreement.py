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


def write_agreement(
    path: Path, images: NDArray[np.uint32], of_images: Agreement, right: NDArray[np.bool_]
) -> None:
    """Write ``agreement.csv``: how the maps of each image agree, the mean over pairs of seeds.

    Args:
        images: (N,), positions in the test set; right: (S, N), which each seed has right.
    """
    columns = images, right.sum(0), *of_images
    with writing_table(path) as write:
        write(_COLUMNS)
        rows = zip(*(values.tolist() for values in columns), strict=True)
        for index, seeds, correlation, overlap in rows:
            write([index, seeds, f"{correlation:.6g}", f"{overlap:.6g}"])


def read_agreement(path: Path) -> tuple[NDArray[np.uint32], Agreement]:
    """Read what ``write_agreement`` wrote: positions in the test set, and how maps agree.

    Raises:
        DamagedFileError: if it is something else.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        images = np.array([int(row[_COLUMNS[0]]) for row in rows], np.uint32)
        values = [[float(row[name]) for row in rows] for name in _COLUMNS[2:]]
    except (OSError, KeyError, ValueError, TypeError, OverflowError, csv.Error) as error:
        raise DamagedFileError(path, f"it is no table of agreement ({error!r})") from error
    return images, Agreement(*map(np.array, values))
