"""Further test sets: other images of a data set's classes, read as its own are, and stored."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.common.rows import StoredRows, parts
from resnetcam.common.wording import counted, shown

_NAMED = 10  # classes in one message, at most


class FurtherSet(NamedTuple):
    """Images to test on.

    Attributes:
        images: uint8 (N, H, W, C), or of a file.
        labels: indices into the data set's classes, (N,).
        unreadable: how many files were left out, as they cannot be read.
    """

    images: NDArray[np.uint8] | StoredRows
    labels: NDArray[np.integer]
    unreadable: int = 0


def of_arrays(
    data: str | Path, labels: str | Path, image_shape: Sequence[int], class_names: Sequence[str]
) -> FurtherSet:
    """Read images and labels from two .npy files; nothing in them is executed.

    Args:
        data: of images, uint8 (N, H, W, C), or (N, H, W) if they are grey.
        labels: of integers (N,), the places of the classes among ``class_names``.
        image_shape: (H, W, C) of the data set's images.

    Raises:
        InputError: naming the file that holds something else.
    """
    pixels, numbers = _array(data), _array(labels)
    grey = tuple(image_shape[:2]) if image_shape[2] == 1 else None
    if pixels.dtype != np.uint8 or pixels.shape[1:] not in (tuple(image_shape), grey):
        expected = ", ".join(map(str, image_shape))
        raise InputError(
            f"{shown(data)}: expected images as uint8 (N, {expected}), found {_kind_of(pixels)}."
        )
    if numbers.dtype.kind not in "iu" or numbers.shape != (len(pixels),) or not len(pixels):
        raise InputError(
            f"{shown(labels)}: expected a whole number for each of "
            f"{counted(len(pixels), 'image')}, one at least, found {_kind_of(numbers)}."
        )
    if wrong := np.flatnonzero((numbers < 0) | (numbers >= len(class_names))).tolist():
        raise InputError(
            f"{shown(labels)}: the label of image {wrong[0]} is {numbers[wrong[0]]}; the data set "
            f"has {counted(len(class_names), 'class', 'classes')}, 0 to {len(class_names) - 1}."
        )
    return FurtherSet(pixels.reshape(-1, *image_shape), numbers.astype(np.uint16))


def numbers_of_classes(
    source: str | Path, labels: Sequence[str], class_names: Sequence[str]
) -> NDArray[np.uint16]:
    """Return the place of each image's class among the data set's, uint16 (N,).

    Args:
        source: to be named in what is wrong.

    Raises:
        InputError: naming a class that the data set does not have.
    """
    place = {name: number for number, name in enumerate(class_names)}
    if unknown := sorted(set(labels) - set(place)):
        rest = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        known = ", ".join(map(repr, class_names[:_NAMED]))
        more = len(class_names) - _NAMED
        raise InputError(
            f"{shown(source)}: the data set has no class {unknown[0]!r}{rest}"
            f"{nearest(unknown[0], class_names)}. It has {known}"
            + (f" and {more:,} more" if more > 0 else "")
            + ". Rename or remove what is of no such class."
        )
    return np.array([place[label] for label in labels], np.uint16)


def write_test_set(path: str | Path, found: FurtherSet) -> None:
    """Write a test set as HDF5: equal images and labels give equal bytes."""
    with hdf5.writing(path) as file:
        images = file.create_dataset("images", found.images.shape, np.uint8, track_times=False)
        for part in parts(found.images):
            images[part] = found.images[part]
        file.create_dataset("labels", data=found.labels, track_times=False)
        file.attrs["unreadable"] = found.unreadable


def read_test_set(path: str | Path) -> FurtherSet:
    """Read what ``write_test_set`` wrote; its images stay in the file.

    Raises:
        DamagedFileError: if it is something else.
    """
    with hdf5.reading(path) as file:
        stored, labels = file["images"], hdf5.array(file, "labels", "u", 1)
        if stored.ndim != 4 or stored.dtype != np.uint8 or len(stored) != len(labels):
            raise ValueError(f"{stored.shape} images do not go with {len(labels)} labels")
        start = stored.id.get_offset()
        if start is None:
            raise ValueError("images is empty, or stored in pieces")
        images = StoredRows(path, stored.shape, stored.dtype, start)
        return FurtherSet(images, labels, int(file.attrs["unreadable"]))


def _array(path: str | Path) -> NDArray[Any]:
    """Map an array: a header that claims more than the file holds takes no memory."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # a damaged header can raise nearly any
        said = " ".join(str(error).split())
        raise InputError(f"{shown(path)}: no array of numbers as .npy ({shown(said)}).") from error


def _kind_of(values: NDArray[Any]) -> str:
    return f"{values.dtype} ({', '.join(map(str, values.shape))})"
