"""The files that CIFAR-10 consists of, in a .tar.gz archive or in a folder of extracted files.

They are found by name and read in memory, no more than asked for. In a folder no link is followed.
"""

import errno
import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing, sha256_of_file

TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCH = "test_batch"
BINARY_MEMBERS = (*(f"{batch}.bin" for batch in (*TRAIN_BATCHES, TEST_BATCH)), "batches.meta.txt")
PYTHON_MEMBERS = (*TRAIN_BATCHES, TEST_BATCH, "batches.meta")
FOLDER_NAMES = ("cifar-10-batches-bin", "cifar-10-batches-py")  # as the archives call them

_KNOWN = {*BINARY_MEMBERS, *PYTHON_MEMBERS}
_FOUND_ELSE = "a link, folder or device"
_LAYOUT = "five training batches, a test batch and the class names in one folder"


def read_members(path: str | Path, max_bytes: int) -> tuple[PurePosixPath, dict[str, bytes]]:
    """Return the content of the members, by name, and the folder inside of ``path`` that has them.

    They are ``BINARY_MEMBERS`` or ``PYTHON_MEMBERS``, all of them.

    Args:
        path: a .tar.gz archive; a folder of extracted files, or the folder above it.
        max_bytes: the most to read, all members and what surrounds them together.

    Raises:
        InputError: ``path`` is damaged, lacks a member or holds more, or a member is no regular
            file.
    """
    if os.path.isdir(path):
        folder, names = _find_in_folder(path)
        return folder, _read_files(path, folder, names, max_bytes)
    folders = _read_tar(path, _decompress(path, max_bytes))
    folder, names = _choose(path, folders)
    return folder, {name: folders[folder][name] for name in names}


def sha256_of_source(path: str | Path) -> str:
    """Return the SHA-256 of an archive or, of a folder, that of the lines which list its members'.

    The lines are those of ``sha256sum *`` among the members alone, sorted by name.

    Raises:
        InputError: a folder lacks a member, or one cannot be read.
        OSError: an archive cannot be read.
    """
    if not os.path.isdir(path):
        return sha256_of_file(path)
    folder, names = _find_in_folder(path)
    lines = []
    for name in sorted(names):
        with open_member(path, folder / name) as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_if_whole(path: str | Path) -> str | None:
    """Return the same; None of what is gone and of a folder that lacks a file."""
    try:
        return sha256_of_source(path)
    except (InputError, FileNotFoundError):
        return None


def copy_source(path: str | Path, target: Path) -> None:
    """Copy an archive to a file, or the members of a folder, and nothing else of it, to a folder.

    Each file is whole or absent; a folder is complete once this returns.
    """
    if not os.path.isdir(path):
        with replacing(target) as temporary:
            shutil.copyfile(path, temporary)
        return
    folder, names = _find_in_folder(path)
    for name in names:
        with (
            open_member(path, folder / name) as file,
            replacing(target / name) as temporary,
            open(temporary, "wb") as copy,
        ):
            shutil.copyfileobj(file, copy)


def member_error(
    path: str | Path, member: PurePosixPath, expected: str, found: object
) -> InputError:
    """Return the error to raise about a member of an archive or folder."""
    return InputError(f"{path}, member {member}: expected {expected}, found {found}.")


def open_member(path: str | Path, member: PurePosixPath) -> io.BufferedReader:
    """Open a regular file in a folder, following no link.

    Raises:
        InputError: it is something else, or cannot be read.
    """
    try:
        # Without O_NONBLOCK a pipe would wait for somebody to write into it.
        handle = os.open(Path(path) / member, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise member_error(path, member, "a regular file", _FOUND_ELSE) from error
        raise InputError(f"{path}, member {member} cannot be read: {error.strerror}.") from error
    file = os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else None
    if file is None:
        os.close(handle)
        raise member_error(path, member, "a regular file", _FOUND_ELSE)
    return file


def _find_in_folder(path: str | Path) -> tuple[PurePosixPath, tuple[str, ...]]:
    """Return where a folder has all members of a layout, in it or just below, and their names."""
    inside = _names_in(Path(path))
    present = {PurePosixPath(): inside}
    if not any(inside.issuperset(names) for names in (BINARY_MEMBERS, PYTHON_MEMBERS)):
        for name in inside.intersection(FOLDER_NAMES):
            if os.path.islink(Path(path) / name):
                raise member_error(
                    path, PurePosixPath(name), "a folder", "a link: give what it leads to"
                )
            present[PurePosixPath(name)] = _names_in(Path(path) / name)
    return _choose(path, present)


def _names_in(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error


def _choose(
    path: str | Path, present: Mapping[PurePosixPath, Iterable[str]]
) -> tuple[PurePosixPath, tuple[str, ...]]:
    """Return the folder that has all of a layout, the binary one before the python one."""
    found = [
        (folder, names, [name for name in names if name not in present[folder]])
        for names in (BINARY_MEMBERS, PYTHON_MEMBERS)
        for folder in present
    ]
    folder, names, missing = min(found, key=lambda one: len(one[2]), default=(None, (), []))
    if folder is None or len(missing) == len(names):
        raise InputError(
            f"{path} is not a CIFAR-10 archive in the binary or python layout, nor a folder of its "
            f"files: expected {_LAYOUT}."
        )
    if missing:
        where = path if folder == PurePosixPath() else f"{path}: {folder}"
        raise InputError(f"{where} lacks {', '.join(missing)}: expected {_LAYOUT}.")
    return folder, names


def _read_files(
    path: str | Path, folder: PurePosixPath, names: Iterable[str], max_bytes: int
) -> dict[str, bytes]:
    contents, rest = {}, max_bytes
    for name in names:
        with open_member(path, folder / name) as file:
            # Not more than it says, whatever is written meanwhile.
            size = os.fstat(file.fileno()).st_size
            if size > rest:
                raise member_error(
                    path,
                    folder / name,
                    f"at most {max_bytes} bytes in all members, which `train_images` and "
                    "`test_images` allow",
                    f"{size} bytes in this one",
                )
            contents[name] = file.read(size)
        rest -= size
    return contents


def _decompress(path: str | Path, max_bytes: int) -> bytes:
    """Return the tar inside a .tar.gz; so bounded, no member or header can claim more memory."""
    try:
        with gzip.open(path) as file:
            content = file.read(max_bytes + 1)
    except gzip.BadGzipFile as error:
        raise InputError(
            f"{path} is not a valid .tar.gz archive ({error}). If it was saved from a browser, it "
            "may be a web page: download it again."
        ) from error
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged ({error}): download it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > max_bytes:
        raise InputError(
            f"{path} decompresses to more than {max_bytes} bytes, too much for the number of "
            "images expected. Check `train_images` and `test_images`, or the archive."
        )
    return content


def _read_tar(path: str | Path, content: bytes) -> dict[PurePosixPath, dict[str, bytes]]:
    """Return by folder and name the members of a tar that a layout prescribes."""
    folders: dict[PurePosixPath, dict[str, bytes]] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            for member in tar:
                if member.size < 0:  # tarfile would go back, for ever
                    raise ValueError(f"{member.name} has {member.size} bytes")
                name = PurePosixPath(member.name)
                if name.name not in _KNOWN:
                    continue
                if not member.isreg() or member.issparse():
                    raise member_error(path, name, "a regular file", _FOUND_ELSE)
                file = tar.extractfile(member)
                folders.setdefault(name.parent, {})[name.name] = file.read() if file else b""
    except (tarfile.TarError, ValueError, RecursionError) as error:
        raise InputError(f"{path} does not contain a valid tar archive ({error}).") from error
    return folders
