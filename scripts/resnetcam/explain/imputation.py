"""Removed pixels filled in from those around them: noisy linear imputation.

Rong et al. 2022, "A Consistent and Efficient Evaluation Strategy for Attribution Methods"
(arXiv:2202.00449), section 5. A hole of one colour shows its outline, which alone may tell the
class. Here a removed pixel is the weighted mean of its neighbours, 1/6 of each one beside it and
1/12 of each one across a corner, whether these are removed too or not; at the border, of those that
there are. That is a system of linear equations in the removed pixels.
"""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from resnetcam.explain.display import resize_bilinear

Floats = NDArray[np.float32]
Masks = NDArray[np.bool_]

NOISE = 0.01  # standard deviation, as a share of the pixels' range

_LARGEST_SIDE = 32  # of what is solved: the time grows with its fourth power


def imputed(images: NDArray[np.uint8], kept: Masks) -> Floats:
    """Return images whose removed pixels are filled in, with the same little noise in each.

    Of images of more than 32 pixels a side the equations are those of blocks of pixels (of the
    means of what is kept of each), and the solution is enlarged.

    Args:
        images: uint8 (N, H, W, C); kept: bool (N, H, W), at least one pixel of each image.

    Returns:
        float32 (N, H, W, C); a removed pixel may lie a little outside of 0..255.
    """
    height, width, channels = images.shape[1:]
    side = -(-max(height, width) // _LARGEST_SIDE)
    filled, known = _blocks(images, kept, side)
    around = _sum_of_neighbours(filled * known[..., None])
    for image, mask, neighbours in zip(filled, known, around, strict=True):
        image[~mask] = _solved(mask, neighbours)
    if side > 1:
        filled = _enlarged(filled, side)[:, :height, :width]
    random = np.random.Generator(np.random.Philox(key=height * width))
    noise = random.standard_normal((height, width, channels), np.float32) * np.float32(NOISE * 255)
    return np.where(kept[..., None], images, filled + noise).astype(np.float32)


def _solved(kept: Masks, neighbours: Floats) -> NDArray[np.float64]:
    """Solve an image's equations: weights x pixel - removed neighbours = kept neighbours.

    Args:
        kept: (H, W); neighbours: (H, W, C), the weighted sums of each pixel's kept neighbours.

    Returns:
        The removed pixels (removed, C), in reading order.
    """
    one, other, weight, weights = _pairs(*kept.shape)
    removed = ~kept.ravel()
    both = removed[one] & removed[other]
    place = np.cumsum(removed) - 1  # of a pixel among the removed ones
    columns, rows = place[one[both]], place[other[both]]
    # The lower half of the matrix, by diagonals: its entry (r, c) stands at (r - c, c).
    matrix = np.zeros((1 + (rows - columns).max(initial=0), removed.sum()))
    matrix[0] = weights[removed]
    matrix[rows - columns, columns] = -weight[both]
    solution = solveh_banded(matrix, neighbours[~kept], lower=True, check_finite=False)
    return np.asarray(solution)


class _Pairs(NamedTuple):
    """Pairs of neighbours.

    Attributes:
        one, other: (pairs,), their places in reading order, the earlier one in ``one``.
        weight: (pairs,); weights: (pixels,), the sum of each pixel's.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    weight: NDArray[np.float64]
    weights: NDArray[np.floating]


@functools.cache
def _pairs(height: int, width: int) -> _Pairs:
    places = np.arange(height * width).reshape(height, width)
    found = []
    for down, right, weight in ((0, 1, 1 / 6), (1, -1, 1 / 12), (1, 0, 1 / 6), (1, 1, 1 / 12)):
        one = places[: height - down, max(0, -right) : width - max(0, right)].ravel()
        found.append((one, one + down * width + right, np.full(one.size, weight)))
    ones = np.ones((1, height, width, 1))
    one, other, weights = map(np.concatenate, zip(*found, strict=True))
    return _Pairs(one, other, weights, _sum_of_neighbours(ones).ravel())


def _sum_of_neighbours(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Sum each pixel's neighbours (N, H, W, C), as far as there are such, by their weights.

    These are those of (1, 2, 1) along both axes, without the middle, divided by 12.
    """
    along = 2 * values
    along[:, 1:] += values[:, :-1]
    along[:, :-1] += values[:, 1:]
    both = 2 * along
    both[:, :, 1:] += along[:, :, :-1]
    both[:, :, :-1] += along[:, :, 1:]
    return np.asarray((both - 4 * values) / 12)


def _blocks(images: NDArray[np.uint8], kept: Masks, side: int) -> tuple[Floats, Masks]:
    """Return the means of what is kept of each block, and of which blocks anything is."""
    n, height, width = kept.shape
    margins = ((0, 0), (0, -height % side), (0, -width % side), (0, 0))
    weight = np.pad(kept[..., None].astype(np.float32), margins)
    shown = np.pad(images.astype(np.float32), margins) * weight
    shape = (n, -(-height // side), side, -(-width // side), side, -1)
    sums, counts = (values.reshape(shape).sum((2, 4)) for values in (shown, weight))
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    return means, counts[..., 0] > 0


def _enlarged(values: Floats, times: int) -> Floats:
    channels = [
        resize_bilinear(values[..., c], values.shape[1] * times, values.shape[2] * times)
        for c in range(values.shape[-1])
    ]
    return np.stack(channels, axis=-1)
