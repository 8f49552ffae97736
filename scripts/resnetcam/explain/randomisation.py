"""Do the maps depend on what was learned? Cascading parameter randomisation.

Weights are drawn anew from the last layer to the first, a part more each time (Adebayo et al.
2018, section 3.1). Maps that stay the same are not of the network, but of the image.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.steps import logged_steps
from resnetcam.explain.agreement import rank_correlations
from resnetcam.explain.baselines import of_other_images
from resnetcam.explain.display import is_flat
from resnetcam.explain.explanation import explainer
from resnetcam.explain.intervals import mean_with_interval
from resnetcam.explain.maps import GroupName, Maps
from resnetcam.networks import models
from resnetcam.networks.layers import part_of

Floats = NDArray[np.float32]

# No training has this seed, so that no network is compared with its own beginning.
_SEED = 2**32


class Level(NamedTuple):
    """Maps after one more part was randomised.

    Attributes:
        part: its name, such as ``logits``, ``stage3_block3`` or ``stem``; ``none`` for the start.
        maps: float32 (N, h, w), raw.
    """

    part: str
    maps: Floats


def measure(
    classifier: keras.Model, images: NDArray[np.uint8], trained: Maps, group: GroupName
) -> tuple[dict[GroupName, Maps], dict[str, Any]]:
    """Randomise a classifier part by part, and compare its maps with those of before.

    Args:
        classifier: it is used up.
        images: uint8 (N, H, W, C).
        trained: its maps of these images.
        group: what these maps are of.

    Returns:
        The maps of each level, the trained network's among them, each a group whose choice is the
        part redrawn last; and ``n`` images, of which ``compared`` have a map that is not flat,
        ``group``, ``other_image`` (``compare_with_other_images``) and ``levels``: ``part`` and what
        ``compare`` says.
    """
    n = len(images)
    before, classes = trained.maps, trained.class_index
    groups, levels = {}, []
    for part, maps in cascade(classifier, group.layer, images, classes, group.method):
        groups[group._replace(choice=part)] = Maps(maps, classes, trained.image_index)
        levels.append({"part": part, **compare(before, maps)})
    about = {
        "n": n,
        "compared": n - int(is_flat(before).sum()),
        "group": list(group),
        "other_image": compare_with_other_images(before),
    }
    return groups, about | {"levels": levels}


def cascade(
    classifier: keras.Model,
    layer: str,
    images: NDArray[np.uint8],
    classes: NDArray[np.integer],
    method: str,
) -> Iterator[Level]:
    """Yield the trained network's maps, then those after each part; the classifier is used up.

    Args:
        images: uint8 (N, H, W, C); classes: (N,), the same ones at each level.

    The new weights are drawn as training draws its first ones, always the same.
    """
    fresh = keras.models.clone_model(classifier)
    models.initialize(fresh, _SEED)

    explain = explainer(classifier, layer)
    yield Level("none", explain(images, classes[None], [method])[method][0])
    for part, layers in logged_steps(list(parts(classifier).items()), "parts redrawn"):
        for name in layers:
            classifier.get_layer(name).set_weights(fresh.get_layer(name).get_weights())
        yield Level(part, explain(images, classes[None], [method])[method][0])


def parts(classifier: keras.Model) -> dict[str, list[str]]:
    """Group the layers that have weights by block, from the logits down to the stem."""
    found: dict[str, list[str]] = {}
    for layer in reversed(classifier.layers):
        if layer.weights:
            found.setdefault(part_of(layer.name), []).append(layer.name)
    return found


def compare(trained: Floats, randomised: Floats) -> dict[str, Any]:
    """Compare the trained network's maps (N, h, w) with those of a randomised one.

    Returns:
        ``correlation``: the mean of ``rank_correlations`` with its interval, over the images whose
        trained map is not flat; None if all are. ``flat_maps``: how many of the randomised
        network's maps are flat among those images.
    """
    kept = ~is_flat(trained)
    correlations = rank_correlations(trained[kept], randomised[kept])
    return {
        "correlation": mean_with_interval(correlations) if kept.any() else None,
        "flat_maps": int(is_flat(randomised[kept]).sum()),
    }


def compare_with_other_images(trained: Floats) -> dict[str, float] | None:
    """Compare each map (N, h, w) with the trained network's map of another image.

    Objects are mostly in the middle, so such maps correlate too. Returns the mean correlation with
    its interval over the maps that are not flat; None for fewer than two maps.
    """
    return compare(trained, of_other_images(trained))["correlation"] if len(trained) > 1 else None
