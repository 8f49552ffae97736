"""Write ``data.h5``: split the images for every protocol and compute the mean images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.errors import InputError
from resnetcam.data.cifar import LabelledImages
from resnetcam.data.dataset import Split, array_sha256
from resnetcam.data.protocols import FULL, HOLDOUT, TEST_SELECTED
from resnetcam.data.sizes import NUM_CLASSES


def check_number_of_classes(archive: Path, class_names: Sequence[str]) -> None:
    """Raise ``InputError`` unless an archive has as many classes as figures are laid out for."""
    if len(class_names) != NUM_CLASSES:
        raise InputError(
            f"{archive} has {len(class_names)} classes. Figures and report are laid out for "
            f"{NUM_CLASSES}; other numbers are not supported."
        )


def make_splits(
    images: LabelledImages, validation_images: int, split_seed: int
) -> dict[str, Split]:
    """Split the training images for every protocol and compute each one's mean image."""
    held_out = stratified_choice(images.y_train, validation_images, split_seed)
    rest = np.setdiff1d(np.arange(len(images.y_train), dtype=np.uint32), held_out)
    everyone = np.arange(len(images.y_train), dtype=np.uint32)
    nobody = np.zeros(0, np.uint32)
    whole = Split(everyone, nobody, mean_image(images.x_train, everyone))
    return {
        HOLDOUT: Split(rest, held_out, mean_image(images.x_train, rest)),
        TEST_SELECTED: whole,
        FULL: whole,
    }


def stratified_choice(labels: NDArray[np.uint8], size: int, seed: int) -> NDArray[np.uint32]:
    """Choose ``size`` indices, from every class its share (largest remainders), in rising order.

    Raises:
        InputError: if a class would be empty on either side.
    """
    classes, counts = np.unique(labels, return_counts=True)
    exact = counts * size / len(labels)
    quotas = np.floor(exact).astype(int)
    largest_remainders = np.argsort(quotas - exact, kind="stable")[: size - quotas.sum()]
    quotas[largest_remainders] += 1
    if (quotas == 0).any() or (quotas >= counts).any():
        empty = classes[(quotas == 0) | (quotas >= counts)][0]
        raise InputError(
            f"validation_images = {size} of {len(labels)} leaves class {empty} without a training "
            f"or a validation image; classes have {counts.min()} to {counts.max()} training images"
        )
    generator = np.random.Generator(np.random.Philox(key=[seed, 0x5911]))
    chosen = [
        generator.permutation(np.flatnonzero(labels == label))[:quota]
        for label, quota in zip(classes, quotas, strict=True)
    ]
    return np.sort(np.concatenate(chosen)).astype(np.uint32)


def mean_image(images: NDArray[np.uint8], indices: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The mean of the chosen images, float32 (H, W, 3) in units of pixel/255, of exact sums."""
    total = np.zeros(images.shape[1:], np.uint64)
    for part in np.array_split(indices, max(1, len(indices) // 5000)):
        total += images[part].sum(0, dtype=np.uint64)
    return (total / (255 * len(indices))).astype(np.float32)


def write_dataset(path: str | Path, images: LabelledImages, splits: Mapping[str, Split]) -> None:
    """Write ``data.h5``: equal images and splits give equal bytes."""
    with hdf5.writing(path) as file:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            _write_array(file, name, getattr(images, name))
        file.attrs["class_names"] = list(images.class_names)
        for protocol, split in splits.items():
            for name, values in split._asdict().items():
                _write_array(file, f"{protocol}/{name}", values)


def _write_array(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    stored = file.create_dataset(name, data=values, track_times=False)
    stored.attrs["sha256"] = array_sha256(values)
