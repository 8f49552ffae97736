"""What the epochs of a recipe take, known before anything is trained (without NumPy and Keras)."""

from collections.abc import Mapping
from typing import Any

from resnetcam.recipe.resizing import from_settings, relative_costs

# An image's first losses say little.
FULL_EPOCHS = 2

# What a training of a dozen epochs leaves out, as a share of what it would if all images were easy
# and their losses evenly spread below the mean. It has to be known beforehand, for times and rates.
_EASY = 0.95


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


def expected_shares(probability: float, epochs: int) -> list[float]:
    """About how much of all images each epoch sees."""
    left = 1 - _EASY * (probability - probability**2 / 2)
    return [1 if epoch <= FULL_EPOCHS else left for epoch in range(1, epochs + 1)]
