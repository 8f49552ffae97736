"""List a person's images: which files, of which class, for what, and what belongs together.

Either a folder with one sub-folder a class, or with those in ``train``, ``test`` and perhaps
``validation``; or a table, a CSV of ``path,label`` and perhaps ``split`` and ``group``. Nothing is
opened but the table.
"""

import csv
import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from resnetcam.common.errors import InputError
from resnetcam.common.files import expanded
from resnetcam.common.names import nearest
from resnetcam.common.wording import counted, shown

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")

_SPLIT_FOLDERS = {
    **{"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST},
    **{"validation": VALIDATION, "val": VALIDATION, "valid": VALIDATION},
}
# What systems leave behind, beside all names that begin with a dot.
_LITTER = {"thumbs.db", "desktop.ini", "__macosx"}
_COLUMNS = ("path", "label", "split", "group")


class ListedImage(NamedTuple):
    """One image file.

    Attributes:
        path: where it lies.
        label: its class.
        split: ``train``, ``validation`` or ``test``; empty where nobody said.
        group: what must stay on one side together with it; empty for itself alone.
    """

    path: Path
    label: str
    split: str = ""
    group: str = ""


class Listing(NamedTuple):
    """Images in their order, and what else lay there.

    Attributes:
        images: of a table in its order; of a folder by their names, whatever their class.
        class_names: sorted.
        ignored: files that belong to no class.
    """

    images: tuple[ListedImage, ...]
    class_names: tuple[str, ...]
    ignored: tuple[Path, ...]


def list_images(source: str | Path) -> Listing:
    """List the images of a folder or of a table, some of which are to train on.

    Raises:
        InputError: naming the folder, file or row that is not as expected.
    """
    source = expanded(source)
    images, ignored = _listed(source)
    _check_groups(source, images)
    return Listing(images, _checked_classes(source, images), ignored)


def list_test_images(source: str | Path) -> Listing:
    """List the images of a folder or of a table that all are to test on, of any number of classes.

    Of one that says which images are to test on, these; the others are left out without a word.

    Raises:
        InputError: naming the folder, file or row that is not as expected.
    """
    source = expanded(source)
    images, ignored = _listed(source)
    counts = Counter(one.split for one in images)
    said = _said(source, counts)
    if said:
        images = tuple(one for one in images if one.split == TEST)
    if not images:
        found = f"only images for {' and '.join(said)}" if said else "none"
        raise InputError(f"{shown(source)}: expected images to test on, found {found}.")
    return Listing(images, tuple(_checked_names(source, images)), ignored)


def _listed(source: Path) -> tuple[tuple[ListedImage, ...], tuple[Path, ...]]:
    """The images, and the files that belong to no class."""
    if source.is_dir():
        listed = list(_of_folder(source))
    elif source.is_file():
        listed = list(_of_table(source))
    else:
        raise InputError(
            f"{shown(source)}: there is no such folder or table. Expected a folder with one "
            "sub-folder a class, or a CSV of path,label[,split][,group]."
        )
    images = tuple(one for one in listed if isinstance(one, ListedImage))
    return images, tuple(one for one in listed if not isinstance(one, ListedImage))


def images_at(path: str | Path) -> list[ListedImage]:
    """List a file, or by name all files in a folder and below it, of no class.

    Raises:
        InputError: if there is no such file or folder, or the folder is empty, cannot be read, or
            holds a link to itself.
    """
    path = expanded(path)
    files = list(_files_below(path)) if path.is_dir() else [path]
    if not files or not os.path.lexists(path):
        found = "holds no file" if path.is_dir() else "does not exist"
        raise InputError(f"{shown(path)} {found}. Expected an image, or a folder of images.")
    return [ListedImage(one, "") for one in files]


def state_of_files(images: Iterable[ListedImage]) -> str:
    """Return a digest of names, sizes and times of files: cheap, and another once one changes."""
    digest = hashlib.sha256()
    for one in images:
        try:
            found = os.stat(one.path)
        except OSError:
            state = "gone"
        else:
            state = f"{found.st_size} {found.st_mtime_ns}"
        line = repr((str(one.path), *one[1:], state))
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def home_of(source: str | Path) -> Path:
    """Return the folder that the paths of a folder or of a table are written from."""
    source = expanded(source)
    return source if source.is_dir() else source.parent


def _of_folder(folder: Path) -> Iterator[ListedImage | Path]:
    """Yield a folder's images, by name and then by class, and the files beside its classes."""
    inside = _entries(folder)
    folders = [path for path in inside if os.path.isdir(path)]
    splits = {path: _SPLIT_FOLDERS.get(path.name.lower(), "") for path in folders}
    yield from (path for path in inside if path not in splits)
    if TRAIN not in splits.values() or not all(splits.values()):
        yield from _of_classes(folders, "")
        return
    for split in SPLITS:
        named = [path for path in folders if splits[path] == split]
        if len(named) > 1:
            names = " and ".join(path.name for path in named)
            raise InputError(f"{shown(folder)} has {names}, which mean the same. Keep one of them.")
        for path in named:
            inside = _entries(path)
            yield from (one for one in inside if not os.path.isdir(one))
            yield from _of_classes([one for one in inside if os.path.isdir(one)], split)


def _of_classes(folders: Iterable[Path], split: str) -> Iterator[ListedImage]:
    """The images of class folders, whatever lies deeper in them too, by name and then by class."""
    found = []
    for folder in folders:
        files = list(_files_below(folder))
        if not files:
            raise InputError(
                f"{shown(folder)}: a class without an image. Add some, or remove the folder."
            )
        found += [(path.relative_to(folder).as_posix(), folder.name, path) for path in files]
    for _, label, path in sorted(found):
        yield ListedImage(path, label, split)


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it; what a folder holds, where its name stands."""
    # A stack, as folders may be nested deeper than calls can be.
    waiting = [(iter(_entries(folder)), _identity(folder))]
    while waiting:
        path = next(waiting[-1][0], None)
        if path is None:
            waiting.pop()
            continue
        # ``path.is_dir()`` raises where a folder may be listed but not entered.
        if not os.path.isdir(path):
            yield path
            continue
        identity = _identity(path)
        if any(identity == above for _, above in waiting):
            raise InputError(
                f"{shown(path)} is a link to a folder that holds it, so its images would never "
                "end. Remove the link."
            )
        waiting.append((iter(_entries(path)), identity))


def _identity(folder: Path) -> tuple[int, int]:
    try:
        state = os.stat(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be read: {error.strerror}.") from error
    return state.st_dev, state.st_ino


def _entries(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{shown(folder)} cannot be read: {error.strerror}.") from error
    return [
        folder / name for name in names if not name.startswith(".") and name.lower() not in _LITTER
    ]


def _of_table(table: Path) -> Iterator[ListedImage]:
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_columns(table, reader.fieldnames or [])
            first: dict[Path, int] = {}
            for row in reader:
                image = _of_row(table, reader.line_num, row)
                if image.path in first:
                    raise InputError(
                        f"{_row(table, reader.line_num)}: {shown(image.path)} stands in line "
                        f"{first[image.path]} too. Name each image once."
                    )
                first[image.path] = reader.line_num
                yield image
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{shown(table)} is no CSV in UTF-8 ({error}).") from error
    except OSError as error:
        raise InputError(f"{shown(table)} cannot be read: {error.strerror}.") from error


def _check_columns(table: Path, found: Iterable[str]) -> None:
    found = list(found)
    missing = [name for name in ("path", "label") if name not in found]
    if missing:
        hint = nearest(missing[0], found)
        names = ", ".join(map(repr, found)) or "nothing"
        raise InputError(
            f"{shown(table)}: expected a first row that names the columns path,label[,split]"
            f"[,group]; {missing[0]} is missing{hint}. Found: {names}."
        )
    if twice := [name for name, count in Counter(found).items() if count > 1 and name in _COLUMNS]:
        raise InputError(f"{shown(table)}: two columns are called {twice[0]!r}. Rename one.")


def _of_row(table: Path, number: int, row: dict[str | None, Any]) -> ListedImage:
    if None in row:
        raise InputError(
            f"{_row(table, number)}: more cells than the first row has. Put quotes around a cell "
            "that holds a comma."
        )
    path, label, split, group = ((row.get(name) or "").strip() for name in _COLUMNS)
    for name, value in (("path", path), ("label", label)):
        if not value:
            raise InputError(f"{_row(table, number)}: {name} is empty.")
    known = _SPLIT_FOLDERS.get(split.lower(), "")
    if split and not known:
        hint = nearest(split, SPLITS)
        raise InputError(
            f"{_row(table, number)}: split is {split!r}{hint}; expected {', '.join(SPLITS)} or "
            "nothing."
        )
    return ListedImage(table.parent / expanded(path), label, known, group)


def _row(table: Path, number: int) -> str:
    return f"{shown(table)}, line {number}"


def _checked_classes(source: Path, images: Iterable[ListedImage]) -> tuple[str, ...]:
    """Return the classes, sorted, each with an image to train on and one to test on, if any is."""
    counts = {split: Counter[str]() for split in ("", *SPLITS)}
    for image in images:
        counts[image.split][image.label] += 1
    named = _checked_names(source, images)
    if len(named) < 2:
        found = f"only {named[0]!r}" if named else "none"
        raise InputError(
            f"{shown(source)}: expected images of two classes or more, found {found}. Expected a "
            "folder with one sub-folder a class, or train and test folders with those in them."
        )
    _check_splits(source, counts, named)
    return tuple(named)


def _checked_names(source: Path, images: Iterable[ListedImage]) -> list[str]:
    """Return the classes' names, sorted."""
    named = sorted({image.label for image in images})
    for name in named:
        if not name.isprintable() or any("\ud800" <= letter <= "\udfff" for letter in name):
            raise InputError(
                f"{shown(source)}: the class {name!a} has a name that cannot be printed. Rename it."
            )
    _check_that_names_differ(source, named)
    return named


def _check_that_names_differ(source: Path, names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        plain = unicodedata.normalize("NFKC", name).casefold()
        if plain in seen:
            raise InputError(
                f"{shown(source)}: the classes {seen[plain]!r} and {name!r} look alike. If they "
                "are one class, put them together; if not, rename one."
            )
        seen[plain] = name


def _check_groups(source: Path, images: Iterable[ListedImage]) -> None:
    """Refuse a group that stands on two sides of a split."""
    first: dict[str, ListedImage] = {}
    for image in images:
        other = first.setdefault(image.group, image) if image.group else image
        if other.split != image.split and other.split and image.split:
            raise InputError(
                f"{shown(source)}: the group {image.group!r} has {shown(other.path)} in "
                f"{other.split} and {shown(image.path)} in {image.split}. Put all of a group into "
                "one split, or leave the column `split` out: then groups are kept together."
            )


def _said(source: Path, counts: Mapping[str, int]) -> list[str]:
    """Return the splits that images were given, by how many each has; all of them or none."""
    said = [split for split in SPLITS if counts[split]]
    if said and counts[""]:
        raise InputError(
            f"{shown(source)}: {counted(counts[''], 'image')} of no split stand beside those of "
            f"{' and '.join(said)}. Give a split for every image, or for none."
        )
    return said


def _check_splits(source: Path, counts: dict[str, Counter[str]], names: Iterable[str]) -> None:
    said = _said(source, Counter({split: found.total() for split, found in counts.items()}))
    if said and TRAIN not in said:
        raise InputError(
            f"{shown(source)}: expected images to train on, found {' and '.join(said)}."
        )
    for split in said:
        if lacking := [name for name in names if not counts[split][name]]:
            rest = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise InputError(
                f"{shown(source)}: the class {lacking[0]!r}{rest} has no image in {split}. Add "
                "some, or remove the class from the other splits."
            )
