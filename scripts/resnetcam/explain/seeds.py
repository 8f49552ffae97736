"""The maps of all seeds of an experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.explain.maps import default_group, group_names, read_maps

Floats = NDArray[np.float32]


class Seeds(NamedTuple):
    """Maps of the true class at the first layer, of the images that every method has maps of.

    Attributes:
        images: uint32 (N,), positions in the test set.
        maps: of each method those of each seed, float32 (N, h, w).
        randomised: the first method's of each seed's network when all of its weights are random.
        right: bool (S, N), which images each seed classifies correctly.
        layer: its name.
    """

    images: NDArray[np.uint32]
    maps: dict[str, list[Floats]]
    randomised: list[Floats]
    right: NDArray[np.bool_]
    layer: str


def read_seeds(maps: Sequence[Path], randomised: Sequence[Path]) -> Seeds:
    """Read ``gradcam.h5`` and ``randomised.h5`` of each seed."""
    default = default_group(maps[0], "true")
    names = [name for name in group_names(maps[0]) if name[1:] == default[1:]]
    of_random = [read_maps(path, group_names(path)[-1]) for path in randomised]
    images = of_random[0].image_index
    found, right = {}, []
    for name in names:
        found[name.method] = [read_maps(path, name).of(images).maps for path in maps]
    for path in maps:
        predicted, true = (
            read_maps(path, default._replace(choice=c)).of(images) for c in ("predicted", "true")
        )
        right.append(predicted.class_index == true.class_index)
    return Seeds(images, found, [one.maps for one in of_random], np.array(right), default.layer)
