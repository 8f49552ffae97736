"""HDF5 files that are either whole or absent.

They are opened without HDF5's own locks, which some file systems refuse (NFS and Lustre, mounted
so): a file under its own name never changes, so there is nothing to lock.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.files import replacing

# What h5py raises where a file is cut off, is of another kind, or lacks a part.
_DAMAGES = (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError)


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[h5py.File]:
    """Open a file that the workflow wrote; the body does nothing but read it.

    Raises:
        DamagedFileError: if it, or what the body reads of it, is not as it was written.
        InputError: if this user may not read it.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except _DAMAGES as error:
        raise DamagedFileError(path, str(error.args[0] if error.args else error)) from error


def array(file: h5py.File, name: str, kinds: str, dimensions: int) -> NDArray[Any]:
    """Return an array of a file, whose dtype is of one of these kinds, as numpy letters them.

    Raises:
        KeyError, TypeError, ValueError: if there is no such array; ``reading`` says so.
    """
    values = file[name][()]
    if not isinstance(values, np.ndarray) or values.dtype.kind not in kinds:
        raise ValueError(f"{name} holds other values than it should")
    if values.ndim != dimensions:
        raise ValueError(f"{name} has {values.ndim} dimensions, not {dimensions}")
    return values


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new file, which takes the place of ``path`` on success (see ``files.replacing``)."""
    with replacing(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        yield file
