"""How much there is to compute in a training, to tell how long it may take (without Keras)."""

from collections.abc import Mapping
from typing import Any

from resnetcam.data.sizes import IMAGE_SIDE
from resnetcam.networks.graph import multiply_adds
from resnetcam.networks.layers import body_of
from resnetcam.recipe.resizing import from_settings, relative_costs


def images_of_resnet20(plan: Mapping[str, Any], images: int) -> float:
    """Return what a training amounts to: so many whole images through ResNet20 v1.

    Args:
        plan: its ``model`` (family and depth) and ``recipe``, as the config has them.
        images: in an epoch.
    """
    resizing = from_settings(plan["recipe"]["progressive_resizing"])
    epochs = sum(relative_costs(resizing, plan["recipe"]["epochs"], IMAGE_SIDE))
    network = multiply_adds(body_of(**plan["model"]), IMAGE_SIDE)
    return epochs * images * network / multiply_adds(body_of("resnet_v1", 20), IMAGE_SIDE)
