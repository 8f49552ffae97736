"""What corruptions are made of: blurs, zooms, samples between pixels, fog's fractal.

Images are float32 (N, H, W, C) throughout, and each is worked on by itself.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]
Fold = Callable[[Integers, int], Integers]


def correlated(images: Floats, kernels: Floats, border: Literal["reflect", "edge"]) -> Floats:
    """Return each image's correlation with its kernel: the mean of its neighbours, so weighted.

    Args:
        kernels: (N, 2r + 1, 2r + 1), or (1, ...) for all; their middle weighs the pixel itself.
        border: of ``numpy.pad``: what lies outside of an image.
    """
    height, width = images.shape[1:3]
    r = kernels.shape[1] // 2
    padded = np.pad(images, ((0, 0), (r, r), (r, r), (0, 0)), border)
    size = [fft.next_fast_len(length, real=True) for length in padded.shape[1:3]]
    of_images = fft.rfft2(padded, size, axes=(1, 2))
    of_kernels = fft.rfft2(kernels, size, axes=(1, 2))[..., np.newaxis]
    product = fft.irfft2(of_images * of_kernels.conj(), size, axes=(1, 2))
    return np.asarray(product[:, :height, :width], np.float32)


def disk(radius: float, smoothing: float) -> Floats:
    """Return a kernel (1, 2r + 1, 2r + 1): a disk whose edge is smoothed by a narrow Gaussian.

    It reaches one pixel farther than that from the disk, or two from a disk of more than 8 pixels.
    """
    reach = 1 if radius <= 8 else 2
    along = np.arange(-int(radius) - reach, int(radius) + reach + 1)
    inside = (along[:, np.newaxis] ** 2 + along**2 <= radius**2).astype(np.float64)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * smoothing**2))
    for axis in (0, 1):
        inside = ndimage.correlate1d(inside, weights / weights.sum(), axis, mode="constant")
    return (inside / inside.sum())[np.newaxis].astype(np.float32)


def motion(radius: float, sigma: float, degrees: Floats) -> Floats:
    """Return kernels (N, 2l + 1, 2l + 1) that blur from each pixel on along a line of each angle.

    As ImageMagick defines it: l is twice the radius, and the pixel in a distance of i has the
    weight exp(-i² / 2 sigma²).
    """
    length = 2 * int(np.ceil(radius))
    distance = np.arange(length + 1)
    weights = np.exp(-(distance**2) / (2 * sigma**2))
    radians = np.deg2rad(degrees)[:, np.newaxis]
    down, right = (
        np.ceil(distance * turned - 0.5).astype(int)
        for turned in (np.sin(radians), np.cos(radians))
    )
    kernels = np.zeros((len(degrees), 2 * length + 1, 2 * length + 1), np.float32)
    which = np.arange(len(degrees))[:, np.newaxis]
    np.add.at(kernels, (which, length + down, length + right), weights / weights.sum())
    return kernels


def separable(images: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return rows · image · columns' transpose of every channel: linear along both sides.

    Args:
        rows, columns: (h, H) and (w, W), how pixels of the result mix those of an image.
    """
    channels_first = np.ascontiguousarray(np.moveaxis(images, -1, 1))
    mixed = np.matmul(np.matmul(rows, channels_first), columns.T)
    return np.ascontiguousarray(np.moveaxis(mixed, 1, -1))


def gaussian_matrix(size: int, sigma: float, border: str, reach: float) -> Floats:
    """Return what blurs along a side of so many pixels, for ``separable``.

    Args:
        border: of ``scipy.ndimage``; reach: in standard deviations.
    """
    identity = np.eye(size, dtype=np.float32)
    if sigma == 0:
        return identity
    blurred = ndimage.gaussian_filter1d(identity, sigma, 0, mode=border, truncate=reach)
    return np.asarray(blurred, np.float32)


def zoomed(images: Floats, factor: float) -> Floats:
    """Return the middle of images, enlarged to the whole, linearly.

    As ``scipy.ndimage.zoom`` does: the outermost pixels of the middle stay outermost.
    """
    return separable(images, *(_zoom_matrix(size, factor) for size in images.shape[1:3]))


def _zoom_matrix(size: int, factor: float) -> Floats:
    cropped = int(np.ceil(size / factor))
    first = (size - cropped) // 2
    enlarged = round(cropped * factor)
    pixels = np.arange(size)
    exact = (pixels + (enlarged - size) // 2) * ((cropped - 1) / max(1, enlarged - 1))
    near = np.floor(exact).astype(int)
    matrix = np.zeros((size, size), np.float32)
    np.add.at(matrix, (pixels, first + near), 1 - (exact - near))
    np.add.at(matrix, (pixels, first + np.minimum(near + 1, cropped - 1)), exact - near)
    return matrix


def sampled(images: Floats, rows: Floats, columns: Floats, fold: Fold) -> Floats:
    """Return the values of images at places between pixels, bilinearly: (N, H, W, C).

    Args:
        rows, columns: (N, H, W), the place that each pixel is taken from.
        fold: what stands for rows or columns outside of an image: ``mirrored`` or ``repeated``.
    """
    n, height, width, channels = images.shape
    flat = images.reshape(-1, channels)
    first = (np.arange(n) * height * width)[:, np.newaxis, np.newaxis]
    top, left = (np.floor(places).astype(np.int64) for places in (rows, columns))
    result = np.zeros_like(images)
    for down in (0, 1):
        for right in (0, 1):
            near = fold(top + down, height), fold(left + right, width)
            share = abs(1 - down - (rows - top)) * abs(1 - right - (columns - left))
            result += flat[first + near[0] * width + near[1]] * share[..., np.newaxis]
    return result


def mirrored(places: Integers, size: int) -> Integers:
    """Fold places outside back, so that the first and last pixel stand once: c b a b c."""
    period = max(1, 2 * (size - 1))
    places = places % period
    return np.where(places < size, places, period - places)


def repeated(places: Integers, size: int) -> Integers:
    """Fold places outside back, so that the first and last pixel stand twice: c b a a b c."""
    places = places % (2 * size)
    return np.where(places < size, places, 2 * size - 1 - places)


def displaced(images: Floats, shifts: Integers, farthest: int) -> Floats:
    """Give each pixel the value of one nearby, from the lower right corner to the upper left one.

    The order counts, as that one may have been given another's value before. Those pixels are
    taken at once that no order can tell apart: along slanting lines, so flat that none of them is
    near another one.

    Args:
        shifts: (N, H, W, 2), down and right, of -farthest to farthest - 1; those of the outermost
            pixels, ``farthest`` from the border, are not used.
    """
    n, height, width, channels = images.shape
    first = np.arange(n)[:, np.newaxis] * (height * width)
    moves = (shifts[..., 0] * width + shifts[..., 1]).reshape(n, -1)
    origin = np.arange(n * height * width)
    for line in _lines(height, width, farthest):
        here = first + line
        origin[here] = origin[here + moves[:, line]]
    return images.reshape(-1, channels)[origin].reshape(images.shape)


def _lines(height: int, width: int, farthest: int) -> list[Integers]:
    """The numbers of the pixels that ``displaced`` takes at once, from the first to the last."""
    rows, columns = np.mgrid[height - farthest : farthest : -1, width - farthest : farthest : -1]
    rank = ((height - rows) * 2 * farthest + (width - columns)).reshape(-1)
    order = np.argsort(rank, kind="stable")
    ends = np.flatnonzero(np.diff(rank[order])) + 1
    return np.split((rows * width + columns).reshape(-1)[order], ends)


def plasma(noise: Floats, decay: float) -> Floats:
    """Return fractals (N, M, M) of values 0 to 1 by the diamond-square algorithm, M a power of 2.

    From the coarsest grid to the finest, each new point is the mean of its four neighbours, around
    the corner if need be, plus noise, whose square root is divided by ``decay`` from grid to grid.

    Args:
        noise: (N, M, M), -1 to 1, of each point.
    """
    size = noise.shape[1]
    height = np.zeros_like(noise)
    step, wibble = size, 100.0
    while step >= 2:
        half, loud = step // 2, np.float32(wibble**2)
        corners = height[:, ::step, ::step]
        beside = corners + np.roll(corners, -1, 1)
        height[:, half::step, half::step] = (beside + np.roll(beside, -1, 2)) / 4
        height[:, half::step, half::step] += loud * noise[:, half::step, half::step]
        middles = height[:, half::step, half::step]
        across = corners + np.roll(corners, -1, 2) + middles + np.roll(middles, 1, 1)
        height[:, ::step, half::step] = across / 4 + loud * noise[:, ::step, half::step]
        along = corners + np.roll(corners, -1, 1) + middles + np.roll(middles, 1, 2)
        height[:, half::step, ::step] = along / 4 + loud * noise[:, half::step, ::step]
        step, wibble = half, wibble / decay
    height -= height.min((1, 2), keepdims=True)
    return height / height.max((1, 2), keepdims=True)
