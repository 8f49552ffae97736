"""Images and labels as two files of NumPy arrays, as CIFAR-10.1 publishes them: which files."""

from pathlib import Path
from typing import NamedTuple

from resnetcam.common.errors import InputError
from resnetcam.common.files import expanded
from resnetcam.common.wording import shown

_DATA, _LABELS = "data.npy", "labels.npy"  # what their names end with


class ArrayPair(NamedTuple):
    """The files of the images and of their labels."""

    data: Path
    labels: Path


def array_pair(source: str | Path) -> ArrayPair | None:
    """Return the pair that a path means: a file of a pair, or the folder of one; else None.

    Raises:
        InputError: if one of the two is missing, or a folder holds several pairs.
    """
    source = expanded(source)
    if source.is_dir():
        found = sorted(path for path in source.iterdir() if path.name.endswith(_DATA))
        if len(found) > 1:
            names = " and ".join(shown(path.name) for path in found)
            raise InputError(f"{shown(source)} holds {names}. Name the one that is meant.")
        return _beside(found[0]) if found else None
    return _beside(source) if source.suffix == ".npy" else None


def _beside(path: Path) -> ArrayPair:
    """The pair that a file belongs to."""
    for mine, other in ((_DATA, _LABELS), (_LABELS, _DATA)):
        if path.name.endswith(mine):
            beside = path.with_name(path.name.removesuffix(mine) + other)
            pair = ArrayPair(path, beside) if mine == _DATA else ArrayPair(beside, path)
            if missing := [one for one in pair if not one.is_file()]:
                raise InputError(
                    f"{shown(missing[0])} is missing, beside {shown(path.name)}: expected images "
                    f"in a file ...{_DATA} and their labels in ...{_LABELS}."
                )
            return pair
    raise InputError(
        f"{shown(path)}: expected a file of images, ...{_DATA}, with their labels in ...{_LABELS} "
        "beside it. Rename them."
    )
