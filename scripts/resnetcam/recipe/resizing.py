"""Progressive resizing: the first epochs see smaller images, which take less time.

Sources: Howard et al. 2018 (fast.ai's entry to DAWNBench); Tan & Le 2021 (arXiv:2104.00298),
section 4. Convolutions and the pooling take images of any size, so the network is the same.
"""

import math
from typing import Any


def small_epochs(recipe: dict[str, Any]) -> int:
    """How many of the first epochs see small images: rounded down, and never all of them."""
    resizing, epochs = recipe["progressive_resizing"], recipe["epochs"]
    exact = resizing["share"] * epochs if resizing else 0
    return min(math.floor(exact + 1e-9), epochs - 1)  # 0.29 * 100 is 28.999999999999996


def image_sides(recipe: dict[str, Any]) -> list[int | None]:
    """The height and width in pixels of each epoch's images; None where they stay whole."""
    small = small_epochs(recipe)
    side = recipe["progressive_resizing"]["side"] if small else None
    return [side] * small + [None] * (recipe["epochs"] - small)


def relative_costs(recipe: dict[str, Any], whole_side: int) -> list[float]:
    """What each epoch takes, as a share of one on whole images: the share of their pixels."""
    return [(side or whole_side) ** 2 / whole_side**2 for side in image_sides(recipe)]
