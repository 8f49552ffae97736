"""A test image in each kind of corruption, to be looked at: ``shift.h5``."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.shift.strengths import KINDS

SHOWN = (1, 3, 5)  # strengths


class Example(NamedTuple):
    """One test image.

    Attributes:
        number: in the test set; label: its class.
        image: uint8 (H, W, C).
        corrupted: uint8 (K, S, H, W, C), of each kind and each strength ``SHOWN``.
        predicted: what the network takes them for, (K, S).
    """

    number: int
    label: int
    image: NDArray[np.uint8]
    corrupted: NDArray[np.uint8]
    predicted: NDArray[np.integer]


def write_example(path: Path, example: Example) -> None:
    """Write ``shift.h5``."""
    with hdf5.writing(path) as file:
        file.attrs["number"], file.attrs["label"] = example.number, example.label
        for name in ("image", "corrupted", "predicted"):
            file.create_dataset(name, data=getattr(example, name), track_times=False)


def read_example(path: str | Path) -> Example:
    """Read what ``write_example`` wrote.

    Raises:
        DamagedFileError: if it is something else.
    """
    with hdf5.reading(path) as file:
        example = Example(
            int(file.attrs["number"]),
            int(file.attrs["label"]),
            hdf5.array(file, "image", "u", 3),
            hdf5.array(file, "corrupted", "u", 5),
            hdf5.array(file, "predicted", "iu", 2),
        )
        expected = len(KINDS), len(SHOWN)
        if example.corrupted.shape != (*expected, *example.image.shape):
            raise ValueError(f"{example.corrupted.shape} is no image for each kind and strength")
        if example.predicted.shape != expected:
            raise ValueError(f"{example.predicted.shape} is no class for each kind and strength")
    return example
