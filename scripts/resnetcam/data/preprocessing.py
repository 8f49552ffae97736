"""Write ``data.h5``: split the images for every protocol and compute the mean images."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.errors import InputError
from resnetcam.common.rows import Rows, parts
from resnetcam.data.dataset import Split
from resnetcam.data.protocols import FULL, HOLDOUT, TEST_SELECTED, share_or_number
from resnetcam.data.splitting import grouped_choice, stratified_choice
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.twins import ALIKE, Likeness, Twins, find_twins


def preprocess(
    path: str | Path,
    images: LabelledImages,
    train_hashes: NDArray[np.uint64],
    test_hashes: NDArray[np.uint64],
    settings: Mapping[str, Any],
    likeness: Likeness = ALIKE,
) -> dict[str, Any]:
    """Find twins, split the images and write ``data.h5``; return what is to be told of them.

    Args:
        train_hashes, test_hashes: perceptual hashes, uint64 (N,) and (M,).
        settings: ``validation_images``, ``split_seed``, and ``twins``, by which training images
            that look like a test image are kept or removed.
        likeness: of twins.

    Raises:
        InputError: if a class would be empty on either side.
    """
    twins = find_twins(test_hashes, train_hashes, images.x_test, images.x_train, likeness)
    removed = {one.train for one in twins} if settings["twins"] == "remove" else set()
    splits = make_splits(images, settings["validation_images"], settings["split_seed"], removed)
    write_dataset(path, images, splits, settings.get("fit", "crop"))
    return {"twins": [_told(one, images) for one in twins], "removed": len(removed)}


def _told(twins: Twins, images: LabelledImages) -> dict[str, Any]:
    """A pair by its numbers and, where there are such, by the names of its files."""
    told = twins._asdict()
    if images.test_files and images.train_files:
        told["test_file"] = images.test_files[twins.test]
        told["train_file"] = images.train_files[twins.train]
    return told


def make_splits(
    images: LabelledImages,
    validation_images: float,
    split_seed: int,
    left_out: Collection[int] = (),
) -> dict[str, Split]:
    """Split the training images for every protocol and compute each one's mean image.

    Args:
        validation_images: how many choose the epoch, or what share; unused where ``images`` say it.
        left_out: training images that no protocol uses.

    Raises:
        InputError: if a class would be empty on either side.
    """
    everyone = np.arange(len(images.y_train), dtype=np.uint32)
    held_out = _held_out(images, validation_images, split_seed)
    used = np.setdiff1d(everyone, np.array(list(left_out), np.uint32))
    held_out, rest = np.intersect1d(held_out, used), np.setdiff1d(used, held_out)
    if left_out:
        _check_that_no_class_is_gone(images, held_out, rest)
    whole = Split(used, np.zeros(0, np.uint32), mean_image(images.x_train, used))
    return {
        HOLDOUT: Split(rest, held_out, mean_image(images.x_train, rest)),
        TEST_SELECTED: whole,
        FULL: whole,
    }


def _held_out(
    images: LabelledImages, validation_images: float, split_seed: int
) -> NDArray[np.uint32]:
    if images.validation is not None:
        return images.validation
    size = share_or_number(validation_images, len(images.y_train))
    asked = size, split_seed, images.class_names, "validation_images"
    if any(images.train_groups):
        return grouped_choice(images.y_train, images.train_groups, *asked)
    return stratified_choice(images.y_train, *asked)


def _check_that_no_class_is_gone(
    images: LabelledImages, held_out: NDArray[np.uint32], rest: NDArray[np.uint32]
) -> None:
    for indices, purpose in ((rest, "train on"), (held_out, "choose the epoch on")):
        counts = np.bincount(images.y_train[indices], minlength=len(images.class_names))
        if not counts.all():
            gone = images.class_names[int(np.argmin(counts))]
            raise InputError(
                "twins: without the training images that look like a test image, the class "
                f"{gone!r} has none left to {purpose}. Set `twins` to keep, or add images of it."
            )


def mean_image(images: NDArray[np.uint8], indices: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The mean of the chosen images, float32 (H, W, C) in units of pixel/255, of exact sums."""
    total = np.zeros(images.shape[1:], np.uint64)
    chosen = Rows(images, indices)
    for part in parts(chosen):
        total += chosen[part].sum(0, dtype=np.uint64)
    return (total / (255 * len(indices))).astype(np.float32)


def write_dataset(
    path: str | Path, images: LabelledImages, splits: Mapping[str, Split], fit: str = "crop"
) -> None:
    """Write ``data.h5``: equal images and splits give equal bytes.

    Args:
        fit: what became of image files that were no squares, and is to become of new ones.
    """
    with hdf5.writing(path) as file:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            _write_array(file, name, getattr(images, name))
        file.attrs["class_names"] = list(images.class_names)
        file.attrs["fit"] = fit
        for protocol, split in splits.items():
            for name, values in split._asdict().items():
                _write_array(file, f"{protocol}/{name}", values)
        for name in ("train_files", "test_files"):
            if files := getattr(images, name):
                # A name on a disk is any bytes, and need not be UTF-8.
                names = [one.encode("utf-8", "surrogateescape") for one in files]
                kind = h5py.string_dtype()
                file.create_dataset(name, data=names, dtype=kind, track_times=False)


def _write_array(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    """Write an array row by row, as it may not fit into memory, and its SHA-256 beside it."""
    stored = file.create_dataset(name, values.shape, values.dtype, track_times=False)
    digest = hashlib.sha256()
    for part in parts(values):
        rows = np.ascontiguousarray(values[part])
        stored[part] = rows
        digest.update(rows.data)
    stored.attrs["sha256"] = digest.hexdigest()
