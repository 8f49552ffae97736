"""Methods that make a class activation map: what each needs, and which there are.

``A`` are activations (N, h, w, K) and ``g`` the gradients of the chosen class's pre-softmax logit
by them, of the same shape. Maps are float32 (N, h, w), raw: after the ReLU, never normalized.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.registry import Registry

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Method:
    """One method, and how its map is computed.

    Attributes:
        title: how it is written for people.
        needs: what ``compute`` takes beside A. ``gradients``: g. ``drops``: float32 (N, K), how far
            the class's logit falls when a channel is set to zero. ``nothing``: A alone, so the map
            is of no class.
        compute: from these to maps.
    """

    title: str
    needs: Literal["gradients", "drops", "nothing"]
    compute: Callable[..., Array]

    @property
    def knows_a_class(self) -> bool:
        """Whether maps of two classes differ."""
        return self.needs != "nothing"


METHODS = Registry[Method]("resnetcam.explain.methods", "METHOD")


def relu(maps: Array) -> Array:
    """Keep what speaks for the class."""
    return np.maximum(maps, 0)
