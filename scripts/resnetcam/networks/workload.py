"""How much there is to compute in a training, to tell how long it may take (without Keras)."""

from collections.abc import Mapping
from typing import Any

from resnetcam.data.sizes import IMAGE_SIDE
from resnetcam.networks.families import blocks_per_stage
from resnetcam.recipe.resizing import relative_costs


def images_of_resnet20(plan: Mapping[str, Any], images: int) -> float:
    """Return what a training amounts to: so many whole images through ResNet20 v1.

    Args:
        plan: its ``model`` (family and depth) and ``recipe``.
        images: in an epoch.
    """
    epochs = sum(relative_costs(plan["recipe"], IMAGE_SIDE))
    network = multiply_adds(**plan["model"], side=IMAGE_SIDE)
    return epochs * images * network / multiply_adds("resnet_v1", 20, IMAGE_SIDE)


def multiply_adds(family: str, depth: int, side: int) -> int:
    """Count the multiply-adds of one image, so many pixels a side, on its way through a network.

    Those of convolutions; all the rest is next to nothing.
    """
    blocks = blocks_per_stage(family, depth)
    inputs = 16
    total = side**2 * 27 * inputs
    for stage in range(3):
        positions = (side >> stage) ** 2
        for block in range(blocks):
            if family == "resnet_v1":
                outputs = 16 << stage
                weights = 9 * outputs * (inputs + outputs)
            else:
                middle, outputs = (16, 64, 128)[stage], 64 << stage
                weights = middle * (inputs + 9 * middle + outputs)
            if block == 0 and (family == "resnet_v2" or stage > 0):
                weights += inputs * outputs  # the projection
            total += positions * weights
            inputs = outputs
    return total
