"""Numbers as text in a page: deflated, in base64, maps in 256 or 16 steps and of few cells."""

import base64
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from resnetcam.explain.display import normalized

Floats = NDArray[np.float32]

MOST_CELLS = 16  # of a map, a side

_LEVEL = 9  # of zlib


def deflated(content: bytes) -> str:
    """Return bytes as text that a browser's ``DecompressionStream("deflate")`` can read."""
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode()


def probabilities_as_bytes(probabilities: Floats) -> bytes:
    """Return probabilities (N, C) as little-endian uint16, in units of 1/65535."""
    return np.rint(probabilities * 65535).astype("<u2").tobytes()


def masks_as_bytes(masks: NDArray[np.bool_]) -> bytes:
    """Return masks (N, h, w) as bits; each begins with a new byte."""
    n, height, width = masks.shape
    return np.packbits(masks.reshape(n, height * width), axis=1).tobytes()


def coarse(maps: Floats, most: int = MOST_CELLS) -> Floats:
    """Reduce maps (N, h, w) to at most so many cells a side.

    Each cell is the highest value of its neighbourhood. Where these do not fit evenly, they
    overlap.
    """
    times = -(-max(maps.shape[1:]) // most)
    for axis in (1, 2):
        old = maps.shape[axis]
        new = -(-old // times)
        starts = [i * old // new for i in range(new)]
        ends = [-(-(i + 1) * old // new) for i in range(new)]
        parts = [
            maps.take(range(start, end), axis).max(axis)
            for start, end in zip(starts, ends, strict=True)
        ]
        maps = np.stack(parts, axis)
    return maps


def maps_as_bytes(maps: Floats, bits: int) -> bytes:
    """Return the peaks of maps (N, h, w) as float32, then the maps, in steps.

    Each map is stretched from its lowest to its highest value; a flat one becomes 0. The peaks
    are little-endian.

    Args:
        bits: 8 for 256 steps, or 4 for 16: then two cells share a byte, the first one its upper
            half, and each map begins with a new byte.
    """
    cells = normalized(maps).reshape(len(maps), -1)
    steps = np.rint(cells * (2**bits - 1)).astype(np.uint8)
    if bits == 4:
        steps = np.pad(steps, ((0, 0), (0, steps.shape[1] % 2)))
        steps = steps[:, ::2] << 4 | steps[:, 1::2]
    return maps.max((1, 2)).astype("<f4").tobytes() + steps.tobytes()


def distinct_maps(classes: NDArray[np.integer]) -> list[tuple[int, int]]:
    """Name each map once that several class choices share: (image, choice) pairs, by image.

    Args:
        classes: (R, N), the class that each of R choices explains.
    """
    return [
        (image, choice)
        for image, chosen in enumerate(classes.T.tolist())
        for choice, one in enumerate(chosen)
        if one not in chosen[:choice]
    ]


def fitting(maps: Floats, starts: Iterable[int], bits: int, most: int) -> tuple[int, str]:
    """Pack the maps of the first images, as many as fit.

    Args:
        maps: (M, h, w); starts: of each of N images its first map, and then M.
        most: characters.

    Returns:
        The number of images, and their maps as text; 0 and none if not one fits.
    """
    starts = list(starts)
    images = len(starts) - 1
    while images:
        text = deflated(maps_as_bytes(maps[: starts[images]], bits))
        if len(text) <= most:
            return images, text
        images = max(0, min(images - 1, images * most // len(text)))
    return 0, ""


def as_json_in_html(text: str) -> str:
    """Return JSON in a form that ends no ``<script>``."""
    return text.replace("<", "\\u003c")
