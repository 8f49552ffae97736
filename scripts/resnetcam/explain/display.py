"""Raw maps made ready to be compared and shown: resized, stretched, flat ones found."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def resize_bilinear(maps: Array, height: int, width: int) -> Array:
    """Resize maps (N, h, w) to (N, height, width), bilinear with half-pixel centres."""
    rows, columns = (
        _interpolation(old, new) for old, new in zip(maps.shape[1:], (height, width), strict=True)
    )
    return np.matmul(np.matmul(rows, maps), columns.T)


def normalized(maps: Array) -> Array:
    """Stretch each map (N, h, w) to 0..1 by its own minimum and maximum; a flat map becomes 0."""
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    return np.divide(maps - low, span, out=np.zeros_like(maps), where=span > 0)


def is_flat(maps: Array) -> NDArray[np.bool_]:
    """Which maps (N, h, w) have the same value everywhere, zero or not, and so show nothing."""
    return maps.min((1, 2)) == maps.max((1, 2))


def _interpolation(old: int, new: int) -> Array:
    """The matrix (new, old) that resamples a line; beyond the outer centres edges repeat."""
    positions = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.minimum(np.floor(positions).astype(int), max(old - 2, 0))
    matrix = np.zeros((new, old), np.float32)
    share = positions - left
    matrix[np.arange(new), left] = 1 - share
    if old > 1:
        matrix[np.arange(new), left + 1] = share
    return matrix
