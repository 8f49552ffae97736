"""The files that a data set consists of, in an archive or in a folder of extracted files.

They are found by name and read in memory, no more than asked for. In a folder no link is followed.
"""

import errno
import hashlib
import io
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing, sha256_of_file
from resnetcam.sources.layouts import CIFAR10, LAYOUTS, sha256_of_listing
from resnetcam.sources.packed import FOUND_ELSE, member_error, read_packed


def read_members(
    path: str | Path, max_bytes: int, layout: str = CIFAR10
) -> tuple[PurePosixPath, dict[str, bytes]]:
    """Return the content of the members, by name, and the folder inside of ``path`` that has them.

    They are those of one form of the layout, all of them.

    Args:
        path: an archive (.tar, compressed or not, or .zip); a folder of extracted files, or the
            folder above it.
        max_bytes: the most to read, all members and what surrounds them together.
        layout: one of ``LAYOUTS``.

    Raises:
        InputError: ``path`` is damaged, lacks a member or holds more, or a member is no regular
            file.
    """
    if os.path.isdir(path):
        folder, names = _find_in_folder(path, layout)
        return folder, _read_files(path, folder, names, max_bytes)
    known = {name for names in LAYOUTS[layout].forms for name in names}
    folders = read_packed(path, known, max_bytes)
    folder, names = _choose(path, folders, layout)
    return folder, {name: folders[folder][name] for name in names}


def sha256_of_source(path: str | Path, layout: str = CIFAR10) -> str:
    """Return the SHA-256 of an archive or, of a folder, that of the lines which list its members'.

    The lines are those of ``sha256sum *`` among the members alone, sorted by name.

    Raises:
        InputError: a folder lacks a member, or one cannot be read.
        OSError: an archive cannot be read.
    """
    if not os.path.isdir(path):
        return sha256_of_file(path)
    folder, names = _find_in_folder(path, layout)
    files = {}
    for name in names:
        with open_member(path, folder / name) as file:
            files[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sha256_of_listing(files)


def sha256_if_whole(path: str | Path, layout: str = CIFAR10) -> str | None:
    """Return the same; None of what is gone and of a folder that lacks a file."""
    try:
        return sha256_of_source(path, layout)
    except (InputError, FileNotFoundError):
        return None


def copy_source(path: str | Path, target: Path, layout: str = CIFAR10) -> None:
    """Copy an archive to a file, or the members of a folder, and nothing else of it, to a folder.

    Each file is whole or absent; a folder is complete once this returns.
    """
    if not os.path.isdir(path):
        with replacing(target) as temporary:
            shutil.copyfile(path, temporary)
        return
    folder, names = _find_in_folder(path, layout)
    for name in names:
        with (
            open_member(path, folder / name) as file,
            replacing(target / name) as temporary,
            open(temporary, "wb") as copy,
        ):
            shutil.copyfileobj(file, copy)


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
            raise member_error(path, member, "a regular file", FOUND_ELSE) from error
        raise InputError(f"{path}, member {member} cannot be read: {error.strerror}.") from error
    file = os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else None
    if file is None:
        os.close(handle)
        raise member_error(path, member, "a regular file", FOUND_ELSE)
    return file


def _find_in_folder(path: str | Path, layout: str) -> tuple[PurePosixPath, tuple[str, ...]]:
    """Return where a folder has all members of a form, in it or just below, and their names."""
    inside = _names_in(Path(path))
    present = {PurePosixPath(): inside}
    if not any(inside.issuperset(names) for names in LAYOUTS[layout].forms):
        for name in inside.intersection(LAYOUTS[layout].folders):
            if os.path.islink(Path(path) / name):
                raise member_error(
                    path, PurePosixPath(name), "a folder", "a link: give what it leads to"
                )
            present[PurePosixPath(name)] = _names_in(Path(path) / name)
    return _choose(path, present, layout)


def _names_in(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}.") from error


def _choose(
    path: str | Path, present: Mapping[PurePosixPath, Iterable[str]], layout: str
) -> tuple[PurePosixPath, tuple[str, ...]]:
    """Return the folder that has all members of a form, and their names."""
    found = [
        (folder, names, [name for name in names if name not in present[folder]])
        for names in LAYOUTS[layout].forms
        for folder in present
    ]
    folder, names, missing = min(found, key=lambda one: len(one[2]), default=(None, (), []))
    if folder is None or len(missing) == len(names):
        raise InputError(
            f"{path} is not {_described(layout)}, nor a folder of its files: expected "
            f"{LAYOUTS[layout].holds}."
        )
    if missing:
        where = path if folder == PurePosixPath() else f"{path}: {folder}"
        raise InputError(f"{where} lacks {', '.join(missing)}: expected {LAYOUTS[layout].holds}.")
    return folder, names


def _described(layout: str) -> str:
    title = LAYOUTS[layout].title
    if LAYOUTS[layout].files:
        return f"an archive of IDX files such as {title}'s"
    return f"a {title} archive in the binary or python layout"


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
