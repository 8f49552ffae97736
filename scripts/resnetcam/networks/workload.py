"""How much there is to compute in a training, to tell how long it may take (without Keras)."""

from collections.abc import Mapping
from typing import Any

from resnetcam.networks.graph import multiply_adds
from resnetcam.networks.layers import body_of
from resnetcam.recipe.costs import recipe_costs


def images_of_resnet20(plan: Mapping[str, Any], images: int, side: int) -> float:
    """Return what a training amounts to: so many whole images of CIFAR-10 through ResNet20 v1.

    Args:
        plan: its ``model`` (family and depth) and ``recipe``, as the config has them.
        images: in an epoch; side: of a whole one, in pixels.
    """
    epochs = sum(recipe_costs(plan["recipe"], side))
    network = multiply_adds(body_of(**plan["model"], side=side), side)
    return epochs * images * network / multiply_adds(body_of("resnet_v1", 20, 32), 32)
