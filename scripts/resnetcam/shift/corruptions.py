"""Corrupted images, by the definitions of Hendrycks and Dietterich 2019 (arXiv:1903.12261).

They are written for batches. What is random in an image depends on its number, the kind and the
strength alone: an image is corrupted the same whichever others are asked for. What differs from the
code that made CIFAR-10-C: values are rounded to the nearest byte, not down.
"""

import io
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnetcam.shift.operations import (
    Floats,
    correlated,
    disk,
    displaced,
    gaussian_matrix,
    mirrored,
    motion,
    plasma,
    repeated,
    sampled,
    separable,
    zoomed,
)
from resnetcam.shift.strengths import Level, level_of

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Draws:
    """Random numbers for N images, of each from a generator of its own.

    Args:
        stream: of the kind and the strength; numbers: of the images, N.
    """

    def __init__(self, stream: int, numbers: Sequence[int]):
        self._generators = [
            np.random.Generator(np.random.Philox(key=[stream, number])) for number in numbers
        ]

    def normal(self, *shape: int) -> Floats:
        """Return standard normal numbers, float32 (N, *shape)."""
        return np.stack([one.standard_normal(shape, dtype=np.float32) for one in self._generators])

    def uniform(self, low: float, high: float, *shape: int) -> Floats:
        """Return uniform numbers, float32 (N, *shape)."""
        drawn = np.stack([one.random(shape, dtype=np.float32) for one in self._generators])
        return np.asarray(low + (high - low) * drawn, np.float32)

    def integers(self, low: int, high: int, *shape: int) -> NDArray[np.int64]:
        """Return numbers from ``low`` to ``high - 1``, int64 (N, *shape)."""
        return np.stack([one.integers(low, high, shape) for one in self._generators])

    def poisson(self, expected: Floats) -> Floats:
        """Return counts of an expected number each, float32 (N, ...)."""
        pairs = zip(self._generators, expected, strict=True)
        return np.stack([one.poisson(mean) for one, mean in pairs]).astype(np.float32)


Corruption = Callable[[Floats, Level, Draws], Floats]


def corrupted(
    kind: str, images: NDArray[np.uint8], strength: int, numbers: Sequence[int] | None = None
) -> NDArray[np.uint8]:
    """Return corrupted images, uint8 (N, H, W, C).

    Args:
        kind: of ``strengths.KINDS``.
        images: uint8 (N, H, W, C), C is 1 or 3; 16 pixels a side or more.
        strength: 1 to 5.
        numbers: of the images, which their random numbers follow; 0 to N - 1 if nothing is said.
    """
    if not len(images):
        return images.copy()
    draws = Draws(_stream(kind, strength), range(len(images)) if numbers is None else numbers)
    level = level_of(kind, strength, max(images.shape[1:3]))
    values = images.astype(np.float32) / 255
    changed = np.clip(CORRUPTIONS[kind](values, level, draws), 0, 1)
    return np.rint(changed * 255).astype(np.uint8)


def _stream(kind: str, strength: int) -> int:
    return zlib.crc32(kind.encode()) << 8 | strength


def _gaussian_noise(x: Floats, level: Level, draws: Draws) -> Floats:
    (sigma,) = level
    return x + np.float32(sigma) * draws.normal(*x.shape[1:])


def _shot_noise(x: Floats, level: Level, draws: Draws) -> Floats:
    (photons,) = map(np.float32, level)
    return np.asarray(draws.poisson(x * photons) / photons)


def _impulse_noise(x: Floats, level: Level, draws: Draws) -> Floats:
    """Half of the changed values become 0, half of them 1, each channel by itself."""
    (share,) = level
    drawn = draws.uniform(0, 1, *x.shape[1:])
    return np.where(drawn < share / 2, 0, np.where(drawn >= 1 - share / 2, 1, x))


def _defocus_blur(x: Floats, level: Level, draws: Draws) -> Floats:
    radius, smoothing = level
    return correlated(x, disk(radius, smoothing), "reflect")


def _glass_blur(x: Floats, level: Level, draws: Draws) -> Floats:
    """Pixels take the value of one nearby, as in CIFAR-10-C, whose code means to swap them.

    (It assigns views of one array to each other, so the second assignment changes nothing.)
    """
    sigma, farthest, rounds = level[0], int(level[1]), int(level[2])
    x = _blurred(x, sigma)
    for _ in range(rounds):
        x = displaced(x, draws.integers(-farthest, farthest, *x.shape[1:3], 2), farthest)
    return _blurred(x, sigma)


def _blurred(x: Floats, sigma: float) -> Floats:
    return separable(x, *(gaussian_matrix(size, sigma, "nearest", 4) for size in x.shape[1:3]))


def _motion_blur(x: Floats, level: Level, draws: Draws) -> Floats:
    radius, sigma = level
    return correlated(x, motion(radius, sigma, draws.uniform(-45, 45)), "edge")


def _zoom_blur(x: Floats, level: Level, draws: Draws) -> Floats:
    """The mean of the image and of its enlarged middles, the first of which is the image too."""
    largest, step = level
    factors = np.arange(1, largest, step)
    total = x.copy()
    for factor in factors:
        total += zoomed(x, factor)
    return total / np.float32(len(factors) + 1)


def _snow(x: Floats, level: Level, draws: Draws) -> Floats:
    mean, deviation, zoom, threshold, radius, sigma, own = level
    flakes = mean + deviation * draws.normal(*x.shape[1:3], 1)
    flakes = zoomed(flakes, zoom)
    flakes = np.where(flakes < threshold, 0, np.clip(flakes, 0, 1))
    flakes = correlated(flakes, motion(radius, sigma, draws.uniform(-135, -45)), "edge")
    whitened = np.maximum(x, _grey(x) * 1.5 + 0.5)
    return own * x + (1 - own) * whitened + flakes + flakes[:, ::-1, ::-1]


def _grey(x: Floats) -> Floats:
    return x if x.shape[-1] == 1 else (x @ np.array(_LUMA, np.float32))[..., np.newaxis]


def _fog(x: Floats, level: Level, draws: Draws) -> Floats:
    thickness, decay = level
    height, width = x.shape[1:3]
    size = 1 << (max(height, width) - 1).bit_length()
    fog = plasma(draws.uniform(-1, 1, size, size), decay)[:, :height, :width, np.newaxis]
    brightest = x.max((1, 2, 3), keepdims=True)
    return (x + thickness * fog) * brightest / (brightest + thickness)


def _brightness(x: Floats, level: Level, draws: Draws) -> Floats:
    """Hue and saturation stay, which is to say the ratios of the channels; black becomes grey."""
    (more,) = level
    value = x.max(-1, keepdims=True)
    brighter = np.minimum(value + more, 1)
    ratio = np.divide(brighter, value, where=value > 0, out=np.zeros_like(value))
    return np.where(value > 0, x * ratio, brighter)


def _contrast(x: Floats, level: Level, draws: Draws) -> Floats:
    (share,) = level
    mean = x.mean((1, 2), keepdims=True)
    return (x - mean) * share + mean


def _elastic_transform(x: Floats, level: Level, draws: Draws) -> Floats:
    height, width = x.shape[1:3]
    farthest, smoothness, turn = (share * max(height, width) for share in level)
    x = sampled(x, *_sheared(x.shape, turn, draws), mirrored)
    blurs = [gaussian_matrix(size, smoothness, "reflect", 3) for size in (height, width)]
    shifts = separable(draws.uniform(-1, 1, height, width, 2), *blurs) * np.float32(farthest)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return sampled(x, rows + shifts[..., 0], columns + shifts[..., 1], repeated)


def _sheared(shape: Sequence[int], farthest: float, draws: Draws) -> tuple[Floats, Floats]:
    """Move three points at random; return where each pixel comes from, rows and columns (N, H, W).

    The one affine map that moves these points so moves all the others.
    """
    n, height, width = shape[:3]
    reach = min(height, width) // 3
    corners = np.array([[reach, reach], [reach, -reach], [-reach, -reach]], np.float64)
    corners += (height // 2, width // 2)
    moved = corners + draws.uniform(-farthest, farthest, 3, 2)
    ones = np.ones((n, 3, 1))
    back = np.linalg.solve(np.concatenate([moved, ones], -1), np.broadcast_to(corners, moved.shape))
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows, columns, np.ones_like(rows)], -1).reshape(-1, 3)
    found = (pixels @ back).reshape(n, height, width, 2).astype(np.float32)
    return found[..., 0], found[..., 1]


def _pixelate(x: Floats, level: Level, draws: Draws) -> Floats:
    (share,) = level
    height, width = x.shape[1:3]
    small = int(width * share), int(height * share)

    def pixelated(image: Image.Image) -> Image.Image:
        box = Image.Resampling.BOX
        return image.resize(small, box).resize((width, height), box)

    return _by_pillow(x, pixelated)


def _jpeg_compression(x: Floats, level: Level, draws: Draws) -> Floats:
    (quality,) = level

    def compressed(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(quality))
        return Image.open(file)

    return _by_pillow(x, compressed)


def _by_pillow(x: Floats, change: Callable[[Image.Image], Image.Image]) -> Floats:
    pixels = np.rint(x * 255).astype(np.uint8)
    plain = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    changed = np.stack([np.asarray(change(Image.fromarray(one))) for one in plain])
    return changed.reshape(x.shape).astype(np.float32) / 255


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": _gaussian_noise,
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "defocus_blur": _defocus_blur,
    "glass_blur": _glass_blur,
    "motion_blur": _motion_blur,
    "zoom_blur": _zoom_blur,
    "snow": _snow,
    "fog": _fog,
    "brightness": _brightness,
    "contrast": _contrast,
    "elastic_transform": _elastic_transform,
    "pixelate": _pixelate,
    "jpeg_compression": _jpeg_compression,
}
