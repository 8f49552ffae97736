"""What the epochs of a recipe take, known before anything is trained (without Keras)."""

from collections.abc import Mapping
from typing import Any

from resnetcam.recipe.resizing import from_settings, relative_costs
from resnetcam.recipe.skipping import expected_shares


def recipe_costs(recipe: Mapping[str, Any], whole_side: int) -> list[float]:
    """What each epoch takes, as a share of one on all images in their whole size.

    By the number of pixels; of images that may be left out, what is to be expected.

    Args:
        recipe: its settings; whole_side: height and width of a whole image in pixels.
    """
    epochs = recipe["epochs"]
    pixels = relative_costs(from_settings(recipe["progressive_resizing"]), epochs, whole_side)
    shares = expected_shares(recipe["skip_easy"], epochs)
    return [one * share for one, share in zip(pixels, shares, strict=True)]
