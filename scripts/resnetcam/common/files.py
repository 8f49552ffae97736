"""Files that are either whole or absent, and their digests."""

import contextlib
import errno
import glob
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnetcam.common.errors import DamagedFileError, InputError

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


def expanded(path: str | Path) -> Path:
    """Return a path with the home folder in place of ``~``; ``~x`` stays, if nobody is called x."""
    return Path(os.path.expanduser(path))


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


def read_json(path: str | Path, shape: Any = None) -> Any:
    """Read a JSON file that the workflow wrote.

    Args:
        shape: what its reader relies on, and the file may hold more: a type; ``{"n": int}`` for
            these keys; ``{...: int}`` for any keys; ``[str]`` for a list of such; a tuple for
            alternatives.

    Raises:
        DamagedFileError: naming what is wrong.
        InputError: if this user may not read it.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except OSError as error:
        raise DamagedFileError(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(path, f"it is not valid JSON ({error})") from error
    if problem := mismatch(content, shape):
        raise DamagedFileError(path, problem)
    return content


def mismatch(value: Any, shape: Any, place: str = "its content") -> str | None:
    """Say where a plain value is not as a shape (``read_json``); None if it is.

    Args:
        place: what the value is called.
    """
    if isinstance(shape, tuple):
        fits = any(mismatch(value, one) is None for one in shape)
        return None if fits else f"{place} is {_called(value)}"
    if isinstance(shape, (dict, list)):
        if type(value) is not type(shape):
            return f"{place} is {_called(value)} and not {_called(shape)}"
        missing = [key for key in shape if key is not ... and key not in value]
        if isinstance(shape, dict) and missing:
            return f"{place} has no {missing[0]!r}"
        return next(filter(None, itertools.starmap(mismatch, _parts(value, shape))), None)
    expected: Any = {None: object, float: (int, float)}.get(shape, shape)
    if isinstance(value, expected) and not (isinstance(value, bool) and shape in (int, float)):
        return None
    return f"{place} is {_called(value)} and not {_called(shape())}"


def _parts(value: Any, shape: Any) -> Iterator[tuple[Any, Any, str]]:
    """Each part of a section or list, with its shape and how it is called."""
    if isinstance(value, list):
        yield from ((one, shape[0], f"item {number}") for number, one in enumerate(value, 1))
    else:
        for key, one in value.items():
            if key in shape or ... in shape:
                yield one, shape.get(key, shape.get(...)), repr(key)


def _called(value: Any) -> str:
    names = {dict: "a section", list: "a list", str: "text", bool: "true or false"}
    names |= {int: "a whole number", float: "a number", type(None): "null"}
    return names[type(value)]


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
