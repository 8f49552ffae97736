"""Whether images are those of an official data set; of CIFAR-10 told by their content.

What counts is each batch of 10,000 images as the binary layout records it. So the binary archive,
the python one, one packed anew and a folder of extracted files are all judged by one table.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from resnetcam.sources.cifar import read_archive, records
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.layouts import CIFAR10, LAYOUTS, TEST_BATCH, TRAIN_BATCHES

# https://www.cs.toronto.edu/~kriz/cifar.html; by SHA-256.
ARCHIVES = LAYOUTS[CIFAR10].archives
# The MD5 of each .bin file, as long published by libraries that read them. Another file of the same
# MD5 as a given one cannot be made, so its age does no harm here.
BATCHES = {
    "data_batch_1": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5": "53f37980c15c3d472c316c40844f3f0d",
    "test_batch": "803d5f7f4d78ea53de84dbe85f74fb6d",
}
BATCH_IMAGES = 10_000
TRAIN_IMAGES, TEST_IMAGES = 50_000, 10_000
CLASS_NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
IMAGE_SHAPE = (32, 32, 3)


class Comparison(NamedTuple):
    """What a comparison with the official data set shows.

    Attributes:
        official: whether all images, labels and class names are the official ones, in their order.
        deviations: where only some batches are the official ones: what is wrong with each other
            member, a phrase that begins with its name, without a suffix.
    """

    official: bool
    deviations: tuple[str, ...]


OTHER = Comparison(False, ())


def compare_with_official(images: LabelledImages) -> Comparison:
    """Compare images with the official ones, batch by batch, wherever they come from."""
    if not _have_official_shape(images):
        return OTHER
    found = {TEST_BATCH: _md5(images.x_test, images.y_test)}
    for number, name in enumerate(TRAIN_BATCHES):
        part = slice(number * BATCH_IMAGES, (number + 1) * BATCH_IMAGES)
        found[name] = _md5(images.x_train[part], images.y_train[part])
    if not set(found.values()) & set(BATCHES.values()):
        return OTHER
    name_of = {md5: name for name, md5 in BATCHES.items()}
    deviations = [
        f"{name} holds what belongs into {name_of[found[name]]}"
        if found[name] in name_of
        else f"{name} is not the official one (MD5 of its binary records {found[name]}, not {md5})"
        for name, md5 in BATCHES.items()
        if found[name] != md5
    ]
    if images.class_names != CLASS_NAMES:
        expected, names = ", ".join(CLASS_NAMES), ", ".join(images.class_names)
        deviations.append(f"batches.meta names the classes {names}, not {expected}")
    return Comparison(not deviations, tuple(deviations))


def compare_by_layout(images: LabelledImages, sha256: str, layout: str) -> Comparison:
    """Compare what was read from a source with the official data set of its layout.

    Args:
        sha256: of the source, which decides where the layout is not CIFAR-10's.
    """
    if layout == CIFAR10:
        return compare_with_official(images)
    return Comparison(sha256 in LAYOUTS[layout].archives, ())


def source_compared_with_official(path: str | Path) -> Comparison:
    """Compare what an archive or folder holds, however it was packed.

    Raises:
        InputError: it is no such archive or folder, or is damaged.
    """
    return compare_with_official(read_archive(path, TRAIN_IMAGES, TEST_IMAGES))


def _have_official_shape(images: LabelledImages) -> bool:
    train, test = (TRAIN_IMAGES,), (TEST_IMAGES,)
    shapes = [train + IMAGE_SHAPE, train, test + IMAGE_SHAPE, test]
    return [one.shape for one in images[:4]] == shapes and all(
        one.dtype == np.uint8 for one in images[:4]
    )


def _md5(x: np.ndarray, y: np.ndarray) -> str:
    return hashlib.md5(records(x, y).data, usedforsecurity=False).hexdigest()
