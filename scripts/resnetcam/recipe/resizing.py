"""Progressive resizing: the first epochs see smaller images, which take less time.

Sources: Howard et al. 2018 (fast.ai's entry to DAWNBench); Tan & Le 2021 (arXiv:2104.00298),
section 4. Convolutions and the pooling take images of any size, so the network is the same.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resizing:
    """The first ``share`` of the epochs sees images shrunk to ``side`` pixels."""

    side: int
    share: float

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any] | None) -> "Resizing | None":
        """Return what a recipe's ``progressive_resizing`` says; None for whole images."""
        return cls(**settings) if settings else None


def small_epochs(resizing: Resizing | None, epochs: int) -> int:
    """How many of the first epochs see small images: rounded down, and never all of them."""
    exact = resizing.share * epochs if resizing else 0
    return min(math.floor(exact + 1e-9), epochs - 1)  # 0.29 * 100 is 28.999999999999996


def image_sides(resizing: Resizing | None, epochs: int) -> list[int | None]:
    """The height and width in pixels of each epoch's images; None where they stay whole."""
    small = small_epochs(resizing, epochs)
    side = resizing.side if resizing and small else None
    return [side] * small + [None] * (epochs - small)


def relative_costs(resizing: Resizing | None, epochs: int, whole_side: int) -> list[float]:
    """What each epoch takes, as a share of one on whole images: the share of their pixels."""
    sides = image_sides(resizing, epochs)
    return [(side or whole_side) ** 2 / whole_side**2 for side in sides]


def small_epochs_of(recipe: Mapping[str, Any]) -> int:
    """The same of a recipe's settings, as ``run.json`` holds them."""
    return small_epochs(Resizing.from_settings(recipe["progressive_resizing"]), recipe["epochs"])
