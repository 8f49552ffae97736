"""Everything random in training, as a function of (seed, epoch) alone.

A counter-based generator (numpy's Philox) is keyed by seed, epoch and purpose. So resuming needs no
generator state, every backend sees the same values, and switching one augmentation off leaves the
draws of the others as they were.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.recipe.recipe import Affine, Augmentation, Erase

_PURPOSES = ("order", "flip", "crop", "affine", "erase", "skip")
_LARGEST_UNSCALED = 32  # pixels a side up to which an offset is what the recipe says
_MAX_REDRAWS = 10_000


def permutation(seed: int, epoch: int, size: int) -> NDArray[np.int64]:
    """The order in which an epoch (counted from 1) visits the images: int64 (size,)."""
    return _generator(seed, epoch, "order").permutation(size)


def uniform(seed: int, epoch: int, purpose: str, size: int) -> NDArray[np.float64]:
    """Numbers in 0..1, one an image, for one purpose of an epoch: float64 (size,)."""
    return _generator(seed, epoch, purpose).random(size)


def augmentation_draws(
    settings: Augmentation, seed: int, epoch: int, size: int, height: int, width: int
) -> dict[str, NDArray[Any]]:
    """Draw the parameters of one epoch's augmentation, one draw an image.

    Returns:
        Arrays whose first axis is the image: ``flip`` bool (N,); ``crop`` int32 (N, 2), rows and
        columns; ``affine`` float32 (N, 4), angle in radians, shift in pixels, row and column zoom;
        ``erase`` int32 (N, 4), top, left, height, width (height 0: nothing erased); ``erase_value``
        float32 (N,). Only what ``settings`` ask for is there.
    """
    draws: dict[str, NDArray[Any]] = {}
    if settings.flip == "random":
        draws["flip"] = _generator(seed, epoch, "flip").random(size) < 0.5
    elif settings.flip == "alternating":
        first = _generator(seed, 0, "flip").random(size) < 0.5
        draws["flip"] = first ^ (epoch % 2 == 0)
    if padding := round(settings.crop_padding * max(1, height / _LARGEST_UNSCALED)):
        offsets = _generator(seed, epoch, "crop").integers(-padding, padding + 1, (size, 2))
        draws["crop"] = offsets.astype(np.int32)
    if affine := settings.affine:
        draws["affine"] = _affine(_generator(seed, epoch, "affine"), affine, size, width)
    if erase := settings.erase:
        generator = _generator(seed, epoch, "erase")
        draws["erase"], draws["erase_value"] = _erase(generator, erase, size, height, width)
    return draws


def _generator(seed: int, epoch: int, purpose: str) -> np.random.Generator:
    stream = (1 + _PURPOSES.index(purpose)) << 32 | epoch
    return np.random.Generator(np.random.Philox(key=[seed, stream]))


def _affine(
    generator: np.random.Generator, settings: Affine, size: int, width: int
) -> NDArray[np.float32]:
    rotation = np.deg2rad(settings.rotation)
    shift = settings.shift * width
    zoom = settings.zoom
    low = np.array([-rotation, -shift, 1 - zoom, 1 - zoom])
    high = np.array([rotation, shift, 1 + zoom, 1 + zoom])
    return generator.uniform(low, high, (size, 4)).astype(np.float32)


def _erase(
    generator: np.random.Generator, settings: Erase, size: int, height: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rectangles of random area and aspect, redrawn until they fit into the image."""
    (smallest, largest), (low, high) = settings.area, settings.aspect
    boxes = np.zeros((size, 4), np.int32)
    pending = np.flatnonzero(generator.random(size) < settings.probability)
    for _ in range(_MAX_REDRAWS):
        if not pending.size:
            break
        n = pending.size
        area = generator.uniform(smallest, largest, n) * height * width
        aspect = generator.uniform(low, high, n)
        h, w = np.sqrt(area * aspect).astype(int), np.sqrt(area / aspect).astype(int)
        top, left = generator.integers(0, height, n), generator.integers(0, width, n)
        boxes[pending] = np.stack([top, left, h, w], 1)
        pending = pending[(top + h > height) | (left + w > width)]
    else:
        raise InputError(
            f"augmentation.erase: of {_MAX_REDRAWS:,} rectangles drawn for an image, none fitted "
            f"into {height}x{width} pixels: area {list(settings.area)} (share of the image), "
            f"aspect {list(settings.aspect)}. Allow smaller ones."
        )
    darkest, brightest = settings.value
    return boxes, generator.uniform(darkest, brightest, size).astype(np.float32)
