"""Maps that know nothing of the image that they are given to, to compare the network's maps with.

Objects are mostly in the middle, so a centred Gaussian is a strong guess. The network's own map of
another image has the form of a map, and leaves as much of the image.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Maps = NDArray[np.float32]

_GAUSSIAN_SIGMA_OF_SIDE = 0.25


def centred_gaussian(count: int, height: int, width: int) -> Maps:
    """Maps (count, height, width) that all point to the middle; sigma is a quarter of the side."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in (height, width))
    exponent = (rows[:, None] / height) ** 2 + (columns[None, :] / width) ** 2
    one = np.exp(-exponent / (2 * _GAUSSIAN_SIGMA_OF_SIDE**2)).astype(np.float32)
    return np.broadcast_to(one, (count, height, width))


def random_maps(count: int, height: int, width: int) -> Maps:
    """Maps (count, height, width), each cell uniform in 0..1; the same ones every time."""
    generator = np.random.Generator(np.random.Philox(key=[count, height * width]))
    return generator.random((count, height, width), np.float32)


def uniform(count: int, height: int, width: int) -> Maps:
    """Maps (count, height, width) of ones."""
    return np.ones((count, height, width), np.float32)


def of_other_images(maps: Maps) -> Maps:
    """Give each image the map (of N, h, w) of another one, at random, and each map to one image.

    Not that of its neighbour, which may be of the same class, or of the same series.
    """
    order = np.random.Generator(np.random.Philox(key=[len(maps), 1])).permutation(len(maps))
    others = np.empty_like(order)
    others[order] = np.roll(order, -1)
    return maps[others]


BASELINES: dict[str, Callable[[int, int, int], Maps]] = {
    "random": random_maps,
    "centred_gaussian": centred_gaussian,
    "uniform": uniform,
}
