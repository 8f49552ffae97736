"""The members of an archive, read in memory however they are packed: tar, compressed tar or zip."""

import importlib
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Container
from pathlib import Path, PurePosixPath
from typing import IO, Any

from resnetcam.common.errors import InputError

# By the first bytes. The modules are imported when needed: a Python may have been built without.
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_ZIP_MAGIC = b"PK"
_KINDS = ".tar.gz, .tar.bz2, .tar.xz, .tar or .zip"
FOUND_ELSE = "a link, folder or device"

Folders = dict[PurePosixPath, dict[str, bytes]]


def read_packed(path: str | Path, wanted: Container[str], max_bytes: int) -> Folders:
    """Return by folder and name those members of an archive whose names are wanted.

    What kind of archive it is, its content tells. Of members of one path the last one counts, as
    if all were extracted.

    Args:
        max_bytes: the most to unpack.

    Raises:
        InputError: ``path`` cannot be read, is no such archive, is damaged or holds more, or a
            wanted member is no regular file.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(_TAR_MAGIC_AT + len(_TAR_MAGIC))
            file.seek(0)
            if start.startswith(_ZIP_MAGIC):
                return _read_zip(path, file, wanted, max_bytes)
            return _read_tar(path, _unpacked(path, file, start, max_bytes), wanted)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def member_error(
    path: str | Path, member: PurePosixPath, expected: str, found: object
) -> InputError:
    """Return the error to raise about a member of an archive or folder."""
    return InputError(f"{path}, member {member}: expected {expected}, found {found}.")


def _unpacked(path: str | Path, file: IO[bytes], start: bytes, max_bytes: int) -> bytes:
    """Return the tar inside a file; so bounded, no member or header can claim more memory."""
    names = [name for magic, name in _COMPRESSIONS.items() if start.startswith(magic)]
    if names:
        content = _decompress(path, file, names[0], max_bytes)
    elif start[_TAR_MAGIC_AT:] == _TAR_MAGIC:
        content = file.read(max_bytes + 1)
    else:
        found = f"it begins with {start[:2]!r}" if start else "it is empty"
        raise InputError(
            f"{path} is not a valid archive (a {_KINDS}; {found}). If it was "
            "saved from a browser, it may be a web page: download it again. If it is packed in "
            "another way, unpack it and give the folder."
        )
    if len(content) > max_bytes:
        raise _too_large(path, max_bytes)
    return content


def _decompress(path: str | Path, file: IO[bytes], name: str, max_bytes: int) -> bytes:
    try:
        module: Any = importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{path} cannot be unpacked, as this Python lacks {name}. Unpack it by other means and "
            "give the folder."
        ) from error
    damage = (EOFError, zlib.error, getattr(module, "LZMAError", EOFError))
    try:
        with module.open(file) as unpacked:
            return bytes(unpacked.read(max_bytes + 1))
    except damage as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.errno is None:  # so say gzip and bz2 that the content is wrong
            raise _damaged(path, error) from error
        raise


def _read_tar(path: str | Path, content: bytes, wanted: Container[str]) -> Folders:
    folders: Folders = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            for member in tar:
                if member.size < 0:  # tarfile would go back, for ever
                    raise ValueError(f"{member.name} has {member.size} bytes")
                name = PurePosixPath(member.name)
                if name.name not in wanted:
                    continue
                if not member.isreg() or member.issparse():
                    raise member_error(path, name, "a regular file", FOUND_ELSE)
                file = tar.extractfile(member)
                folders.setdefault(name.parent, {})[name.name] = file.read() if file else b""
    except (tarfile.TarError, ValueError, RecursionError) as error:
        raise InputError(f"{path} does not contain a valid tar archive ({error}).") from error
    return folders


def _read_zip(path: str | Path, file: IO[bytes], wanted: Container[str], max_bytes: int) -> Folders:
    folders: Folders = {}
    rest = max_bytes
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename)
                if name.name not in wanted:
                    continue
                # Zero where the archive was not made on Unix.
                kind = stat.S_IFMT(member.external_attr >> 16)
                if member.is_dir() or kind not in (0, stat.S_IFREG):
                    raise member_error(path, name, "a regular file", FOUND_ELSE)
                with archive.open(member) as packed:
                    content = packed.read(rest + 1)
                if len(content) > rest:
                    raise _too_large(path, max_bytes)
                rest -= len(content)
                folders.setdefault(name.parent, {})[name.name] = content
    except InputError:
        raise
    except (RuntimeError, NotImplementedError) as error:  # a password, an unknown compression
        raise InputError(
            f"{path} cannot be unpacked ({error}). Unpack it by other means and give the folder."
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(path, error) from error
    return folders


def _damaged(path: str | Path, error: Exception) -> InputError:
    return InputError(f"{path} is truncated or damaged ({error}): download it again.")


def _too_large(path: str | Path, max_bytes: int) -> InputError:
    return InputError(
        f"{path} decompresses to more than {max_bytes} bytes, too much for the number of images "
        "expected. Check `train_images` and `test_images`, or the archive."
    )
