"""Where training steps take their images from: the device holds all, or is given each call's."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import Rows

# Of images that are read from a file, so many bytes are on the device at a time.
BYTES_AT_A_TIME = 2**28


class Part(NamedTuple):
    """Some steps of a call.

    Attributes:
        steps: which ones.
        images, labels: on the device, those of these steps at least.
        indices: (S, B) into ``images``.
    """

    steps: slice
    images: Any
    labels: Any
    indices: NDArray[np.integer]


class Feed:
    """Gives steps their images and labels on the device.

    An array is put there once, as a whole. ``Rows`` of a file stay there: then each part of a call
    gets its own images. Steps compute the same from either.

    Args:
        images: uint8 (N, H, W, channels); labels: (N,).
        put: puts an array on the device.
        most_steps: that a part may have.
        fill: whether all parts get as many images as a full one, for a program of one shape.
    """

    def __init__(
        self,
        images: NDArray[np.uint8] | Rows,
        labels: NDArray[np.integer],
        put: Callable[[NDArray[Any]], Any],
        most_steps: int,
        fill: bool,
    ):
        self._put, self._most_steps, self._fill = put, most_steps, fill
        labels = labels.astype(np.int32)
        self._rows = (images, labels) if isinstance(images, Rows) else None
        self._held = None if isinstance(images, Rows) else (put(images), put(labels))

    def parts(self, indices: NDArray[np.integer]) -> Iterator[Part]:
        """Cut a call's steps, indices (S, B) into all images, into parts."""
        most = self._most_steps
        if self._rows:
            images = self._rows[0]
            a_step = indices.shape[1] * int(np.prod(images.shape[1:]))
            most = max(1, min(most, BYTES_AT_A_TIME // a_step))
        for start in range(0, len(indices), most):
            steps = slice(start, start + most)
            chosen = indices[steps]
            if self._held:
                yield Part(steps, *self._held, chosen)
            else:
                yield Part(steps, *self._read(chosen, most), _numbered(chosen))

    def _read(self, chosen: NDArray[np.integer], most: int) -> tuple[Any, Any]:
        rows = chosen.reshape(-1)
        missing = most * chosen.shape[1] - len(rows) if self._fill else 0
        assert self._rows
        images, labels = (_filled(values[rows], missing) for values in self._rows)
        return self._put(images), self._put(labels)


def _filled(values: NDArray[Any], missing: int) -> NDArray[Any]:
    return np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1)) if missing else values


def _numbered(chosen: NDArray[np.integer]) -> NDArray[np.integer]:
    return np.arange(chosen.size).reshape(chosen.shape)
