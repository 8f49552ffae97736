"""Progressive resizing: the first epochs see smaller images, which take less time.

Sources: Howard et al. 2018 (fast.ai's entry to DAWNBench); Tan & Le 2021 (arXiv:2104.00298),
section 4. Convolutions and the pooling take images of any size, so the network is the same.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resizing:
    """For a ``share`` of all epochs, images are shrunk to ``scale`` times their sides."""

    scale: float
    share: float


def from_settings(settings: Iterable[Mapping[str, Any]]) -> tuple[Resizing, ...]:
    """Return what a recipe's ``progressive_resizing`` says: sizes in their order, or none."""
    return tuple(Resizing(**one) for one in settings)


def image_sides(resizing: Sequence[Resizing], epochs: int, whole_side: int) -> list[int | None]:
    """The height and width in pixels of each epoch's images; None where they stay whole.

    The sizes' ends are rounded down to epochs, and the last epoch always sees whole images.
    """
    sides: list[int | None] = []
    until = 0.0
    for one in resizing:
        until += one.share
        end = min(math.floor(until * epochs + 1e-9), epochs - 1)  # 0.29 * 100 is below 29
        side = max(1, round(one.scale * whole_side))
        sides += [side if side < whole_side else None] * (end - len(sides))
    return sides + [None] * (epochs - len(sides))


def relative_costs(resizing: Sequence[Resizing], epochs: int, whole_side: int) -> list[float]:
    """What each epoch takes, as a share of one on whole images: the share of their pixels."""
    sides = image_sides(resizing, epochs, whole_side)
    return [(side or whole_side) ** 2 / whole_side**2 for side in sides]


def small_epochs_of(recipe: Mapping[str, Any]) -> int:
    """How many of the first epochs see small images, by a finished run's recipe."""
    sizes = recipe["progressive_resizing"]
    if not isinstance(sizes, list):  # one size or null, as runs noted it before there were several
        sizes = [sizes] if sizes else []
    # Whatever the scale is called: runs noted a side in pixels before.
    some = [Resizing(scale=0.5, share=one["share"]) for one in sizes]
    sides = image_sides(some, recipe["epochs"], whole_side=2)
    return len(sides) - sides.count(None)
