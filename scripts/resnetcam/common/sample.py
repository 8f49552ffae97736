"""Some of many images, at random: they may lie in the order of their classes, or of how easy."""

import numpy as np
from numpy.typing import NDArray


def sample(total: int, count: int) -> NDArray[np.uint32]:
    """Return ``count`` of ``total`` positions, or all of fewer, in rising order.

    They are the same ones every time, and a larger sample holds the smaller ones.
    """
    order = np.random.Generator(np.random.Philox(key=[0, total])).permutation(total)
    return np.sort(order[:count]).astype(np.uint32)
