"""Rows of arrays that may be larger than memory: they are read when they are asked for."""

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resnetcam.common.errors import DamagedFileError, InputError

_BYTES_AT_A_TIME = 2**24


class StoredRows:
    """An array that lies in a file as it would in memory.

    An index, a slice or an array of indices gives these rows, as of a NumPy array. They are read
    anew each time, and nothing else is.

    Attributes:
        shape, dtype: of the array.

    Raises:
        DamagedFileError: when rows are read of a file that is cut off.
        InputError: when it was replaced, written to or removed since.
    """

    def __init__(self, path: str | Path, shape: Sequence[int], dtype: DTypeLike, start: int = 0):
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)
        self._path, self._start = Path(path), start
        self._bytes_a_row = math.prod(self.shape[1:]) * self.dtype.itemsize
        self._file = _identity(os.stat(path))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: Any) -> NDArray[Any]:
        rows = np.arange(len(self))[chosen]
        found = np.empty((rows.size, *self.shape[1:]), self.dtype)
        memory = found.reshape(-1).view(np.uint8).data
        try:
            with open(self._path, "rb", buffering=0) as file:
                if _identity(os.fstat(file.fileno())) != self._file:
                    raise self._changed()
                self._read(file, rows.reshape(-1), memory)
        except FileNotFoundError:
            raise self._changed() from None
        return found.reshape(*rows.shape, *self.shape[1:])

    def _read(self, file: FileIO, rows: NDArray[np.integer], memory: memoryview) -> None:
        done = 0
        for first, count in _runs(rows):
            file.seek(self._start + first * self._bytes_a_row)
            end = done + count * self._bytes_a_row
            while done < end:
                got = file.readinto(memory[done:end])
                if not got:
                    raise DamagedFileError(self._path, "it is cut off")
                done += got

    def _changed(self) -> InputError:
        # Not for its reader to call it damaged: somebody may have made it anew.
        return InputError(f"{self._path} changed while it was read. Run the command again.")


class Rows:
    """Some rows of an array, or of one on disk: then they are read when they are asked for."""

    def __init__(self, array: Any, rows: NDArray[np.integer]):
        self._array, self._rows = array, rows
        self.shape, self.dtype = (len(rows), *array.shape[1:]), array.dtype

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: Any) -> NDArray[Any]:
        return np.asarray(self._array[self._rows[chosen]])


def parts(array: Any) -> Iterator[slice]:
    """Cut an array into slices of rows that take 16 MB at most, or of one row."""
    a_row = max(1, math.prod(array.shape[1:]) * array.dtype.itemsize)
    step = max(1, _BYTES_AT_A_TIME // a_row)
    return (slice(start, start + step) for start in range(0, len(array), step))


def sha256_of(array: Any) -> str:
    """Return the SHA-256 of an array's bytes in C order."""
    digest = hashlib.sha256()
    for part in parts(array):
        digest.update(np.ascontiguousarray(array[part]).data)
    return digest.hexdigest()


def _runs(rows: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """Yield the first of each run of rows that follow each other, and how many these are."""
    starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    counts = np.diff(starts, append=len(rows))
    return zip(rows[starts].tolist(), counts.tolist(), strict=True)


def _identity(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
