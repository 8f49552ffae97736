"""Read ``data.h5``: pixels as bytes, labels, and each protocol's split and mean image."""

import math
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.errors import DamagedFileError
from resnetcam.common.rows import Rows, StoredRows, sha256_of

# Bytes of images that are read at once; of more, only the rows that are asked for.
MOST_BYTES_IN_MEMORY = 2**31


class Split(NamedTuple):
    """One protocol's share of the training images.

    Attributes:
        train, validation: uint32 indices into ``x_train``; ``validation`` is empty if no training
            image chooses the epoch.
        mean: float32 (H, W, channels), the mean of the ``train`` images in units of pixel/255.
    """

    train: NDArray[np.uint32]
    validation: NDArray[np.uint32]
    mean: NDArray[np.float32]


class DatasetReader:
    """Reads arrays of a ``data.h5``, each checked against its SHA-256.

    Attributes:
        class_names: one name a class; image_shape: (H, W, channels).
        fit: what became of image files that were no squares.

    Raises:
        DamagedFileError: from every method, if the file is not as ``preprocess`` wrote it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        with hdf5.reading(self.path) as file:
            self.class_names = tuple(str(name) for name in file.attrs["class_names"])
            self.image_shape = tuple(file["x_train"].shape[1:])
            self.fit = str(file.attrs["fit"])

    def array(self, name: str) -> NDArray[Any]:
        """Return a whole array, for example ``x_train`` or ``holdout/mean``."""
        with hdf5.reading(self.path) as file:
            values = file[name][()]
            if sha256_of(values) != file[name].attrs["sha256"]:
                raise DamagedFileError(self.path, f"{name} does not match its SHA-256")
        return values

    def images(
        self, name: str, chosen: NDArray[np.integer] | slice = slice(None)
    ) -> NDArray[np.uint8]:
        """Return images, for example of ``x_test``, uint8 (N, H, W, channels).

        If they take more than ``MOST_BYTES_IN_MEMORY``, they stay in the file, as ``rows``.

        Args:
            chosen: which ones; all of them if nothing is said.
        """
        found = self.rows(name, chosen)
        bytes_ = math.prod(found.shape) * found.dtype.itemsize
        return found[:] if bytes_ <= MOST_BYTES_IN_MEMORY else cast("NDArray[np.uint8]", found)

    def rows(self, name: str, chosen: NDArray[np.integer] | slice = slice(None)) -> Rows:
        """Return images that stay in the file: an index, a slice or an array reads these ones."""
        with hdf5.reading(self.path) as file:
            array = file[name]
            start, sha256 = array.id.get_offset(), array.attrs["sha256"]
            if start is None:
                raise ValueError(f"{name} is empty, or stored in pieces")
            stored = StoredRows(self.path, array.shape, array.dtype, start)
        if sha256_of(stored) != sha256:
            raise DamagedFileError(self.path, f"{name} does not match its SHA-256")
        return Rows(stored, np.arange(len(stored))[chosen])

    def sha256(self, name: str) -> str:
        """Return the recorded SHA-256 of an array without reading it."""
        with hdf5.reading(self.path) as file:
            return str(file[name].attrs["sha256"])

    def test_files(self) -> list[str]:
        """Name the file that each test image is of; empty where images are of no files."""
        with hdf5.reading(self.path) as file:
            stored = file["test_files"][()] if "test_files" in file else []
        return [bytes(name).decode("utf-8", "surrogateescape") for name in stored]

    def split(self, protocol: str) -> Split:
        """Return a protocol's split."""
        return Split(*(self.array(f"{protocol}/{name}") for name in Split._fields))
