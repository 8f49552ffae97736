"""Progressive resizing: the first epochs see smaller images, which take less time.

Sources: Howard et al. 2018 (fast.ai's entry to DAWNBench); Tan & Le 2021 (arXiv:2104.00298),
section 4. Convolutions and the pooling take images of any size, so the network is the same.
"""

import math
from typing import Any


def image_sides(recipe: dict[str, Any]) -> list[int | None]:
    """The height and width in pixels of each epoch's images; None where they stay whole.

    The share of small epochs is rounded down, so the last epoch always sees whole images.
    """
    resizing, epochs = recipe["progressive_resizing"], recipe["epochs"]
    if not resizing:
        return [None] * epochs
    exact = resizing["share"] * epochs
    small = min(math.floor(exact + 1e-9), epochs - 1)  # 0.29 * 100 is 28.999999999999996
    return [resizing["side"]] * small + [None] * (epochs - small)


def relative_costs(recipe: dict[str, Any], whole_side: int) -> list[float]:
    """What each epoch takes, as a share of one on whole images: the share of their pixels."""
    return [(side or whole_side) ** 2 / whole_side**2 for side in image_sides(recipe)]
