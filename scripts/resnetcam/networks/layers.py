"""Which networks there are, and what their layers are called (known without Keras)."""

import re
from collections.abc import Sequence

from resnetcam.common.errors import InputError
from resnetcam.common.registry import Registry
from resnetcam.networks.graph import Family, Layer

FAMILIES = Registry[Family]("resnetcam.networks.families", "FAMILY")

FINAL = "final"  # stands for the layer that enters the pooling
# Of every network, whatever its body.
PIXELS, CENTRED, POOL, LOGITS, PROBABILITIES = (
    "pixels",
    "subtract_mean",
    "pool",
    "logits",
    "probabilities",
)


def blocks_per_stage(family: str, depth: int) -> int:
    """Return n of depth 6n+2 (v1) or 9n+2 (v2).

    Raises:
        InputError: naming the two nearest depths, if the family has no such depth.
    """
    step = FAMILIES[family].layers_per_block
    blocks, rest = divmod(depth - 2, step)
    if rest == 0 and blocks >= 1:
        return blocks
    below = step * max(blocks, 1) + 2
    raise InputError(
        f"{family} has no depth {depth}: depths are {step}n+2; "
        f"the nearest are {below} and {below + step}"
    )


def body_of(family: str, depth: int, side: int) -> list[Layer]:
    """Return the layers between images of ``side`` pixels and the pooling, in order.

    Raises:
        InputError: if the family has no such depth.
    """
    return FAMILIES[family].body(blocks_per_stage(family, depth), side)


def spatial_layers(family: str, depth: int, side: int) -> list[str]:
    """Name the layers between image and pooling, in order: those that a map can be of."""
    return [layer.name for layer in body_of(family, depth, side)]


def short_names(layers: Sequence[str]) -> dict[str, str]:
    """Return what short names stand for: ``final`` the last layer, ``stage1`` the end of stage 1.

    Args:
        layers: names of the spatial layers, in order.
    """
    ends = {part.partition("_")[0]: name for name in layers if "_block" in (part := part_of(name))}
    return {FINAL: layers[-1], **ends}


def part_of(layer: str) -> str:
    """Name the part of a network that a layer belongs to: a block, the stem, the logits."""
    found = re.match(r"stage\d+_block\d+|[^_]+", layer)
    assert found, layer
    return found.group()
