"""Files that are either whole or absent, and their digests."""

import contextlib
import errno
import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush it and rename it to ``path``.

    Readers see the old file or the new one, never a half-written one, even after a power cut.
    When the body raises, the temporary file is removed and ``path`` stays as it was; what a kill
    left behind is removed by the next call.

    Raises:
        FullDiskError: if there is no space left.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{glob.escape(path.name)}-????????{path.suffix}"):
            leftover.unlink(missing_ok=True)
        temporary = _create_beside(path)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            flush_to_disk(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        flush_to_disk(path.parent)
    except FullDiskError:
        raise
    except Exception as error:
        if number := lacks_space(error):
            raise FullDiskError(number, os.strerror(number), str(path)) from error
        raise


class FullDiskError(OSError):
    """There is no space left, on disk or in a quota, for ``filename``."""


def lacks_space(error: Exception) -> int | None:
    """Return the error number of a full disk or quota, None for any other error."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return error.errno
    # HDF5, when it closes a file.
    return next((number for number in _FULL if f"errno = {number}," in str(error)), None)


def write_json(path: str | Path, content: Any) -> None:
    """Write plain values as readable JSON, whole or not at all; NaN and infinity are refused."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def flush_to_disk(path: str | Path) -> None:
    """fsync a file, or a directory after a rename in it, where the file system can do that."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            error.filename = str(path)
            raise
    finally:
        os.close(handle)


def sha256_of_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's content as 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _create_beside(path: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=path.suffix)
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
