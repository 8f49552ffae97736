"""Tell images that look alike: by a perceptual hash first, then by their pixels."""

from typing import NamedTuple

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnetcam.common.steps import logged_steps


class Likeness(NamedTuple):
    """How alike two images must be: in how many of 64 bits hashes may differ, and their pixels."""

    max_bits: int
    min_correlation: float


# On CIFAR-10 this finds 182 test images with a twin among the training images. People confirmed 127
# of them (ciFAIR: Barz and Denzler 2020), which are 127 of the 286 that they know.
ALIKE = Likeness(10, 0.9)
# For small objects in the middle of a black square: two shirts correlate with 0.9 and more.
EQUAL = Likeness(0, 1.0)

_PART = 100


class Twins(NamedTuple):
    """A test image and a training image that look alike.

    Attributes:
        test, train: indices.
        correlation: of their pixels, -1 to 1; 1 for equal images.
    """

    test: int
    train: int
    correlation: float


def perceptual_hashes(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return a hash an image, uint64 (N,): the signs of its lowest frequencies (ImageHash's phash).

    Args:
        images: uint8 (N, H, W, 3 or 1).
    """
    if images.shape[-1] == 1:
        images = images[..., 0]
    bits = [imagehash.phash(Image.fromarray(image)).hash.ravel() for image in images]
    return np.packbits(np.reshape(bits, (-1, 64)).astype(bool), axis=1).view(np.uint64).ravel()


def find_twins(
    test_hashes: NDArray[np.uint64],
    train_hashes: NDArray[np.uint64],
    test_images: NDArray[np.uint8],
    train_images: NDArray[np.uint8],
    likeness: Likeness = ALIKE,
) -> list[Twins]:
    """Return the pairs of a test and a training image that look alike, the surest first.

    Args:
        test_hashes, train_hashes: of all images, uint64 (M,) and (N,).
        test_images, train_images: uint8 (M, H, W, C) and (N, H, W, C); only candidates are read.
    """
    twins = []
    starts = range(0, len(test_hashes), _PART)
    for start in logged_steps(starts, "test images compared with all training images", _PART):
        some = test_hashes[start : start + _PART, np.newaxis]
        near = np.bitwise_count(some ^ train_hashes) <= likeness.max_bits
        tests, trains = np.nonzero(near)
        for test, train in zip((tests + start).tolist(), trains.tolist(), strict=True):
            correlation = _correlation(test_images[test], train_images[train])
            if correlation >= likeness.min_correlation:
                twins.append(Twins(test, train, correlation))
    return sorted(twins, key=lambda twin: (-twin.correlation, twin.test, twin.train))


def _correlation(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return Pearson's correlation of pixels; 1 of equal images, 0 of plain ones else."""
    if np.array_equal(one, other):
        return 1.0
    a, b = (image.astype(np.float32) - image.mean() for image in (one, other))
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale else 0.0
