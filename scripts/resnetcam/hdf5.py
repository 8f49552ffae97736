"""HDF5 files that are either whole or absent.

They are opened without HDF5's own locks, which some file systems refuse (NFS and Lustre, mounted
so): a file under its own name never changes, so there is nothing to lock.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import h5py

from resnetcam.files import replacing


def reading(path: str | Path) -> h5py.File:
    """Open a file to read it."""
    return h5py.File(path, "r", locking=False)


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new file, which takes the place of ``path`` on success (see ``files.replacing``)."""
    with replacing(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
        yield file
