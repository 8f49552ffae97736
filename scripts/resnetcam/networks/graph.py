"""The body of a network as a list of layers: known without Keras, so that a config can be checked.

Keras builds it (``models``); its layers' names and its cost are read off the same list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

IMAGES = "images"  # what the first layer takes
LARGEST_SIDE = 48  # pixels; larger images are halved by the stem until they are no larger


@dataclass(frozen=True)
class Layer:
    """One layer, and the names of those whose outputs it takes.

    A ``conv`` has ``filters`` of ``size`` x ``size`` at a ``stride``, with bias, "same" padding;
    a ``norm`` is a batch normalization.
    """

    name: str
    kind: Literal["conv", "norm", "relu", "add"]
    inputs: tuple[str, ...]
    filters: int = 0
    size: int = 0
    stride: int = 1


class Body:
    """Layers in the order in which they are added; every method returns the new one's name."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def conv(self, x: str, name: str, filters: int, size: int, stride: int = 1) -> str:
        return self._add(Layer(name, "conv", (x,), filters, size, stride))

    def norm(self, x: str, name: str) -> str:
        return self._add(Layer(name, "norm", (x,)))

    def relu(self, x: str, name: str) -> str:
        return self._add(Layer(name, "relu", (x,)))

    def add(self, x: str, y: str, name: str) -> str:
        return self._add(Layer(name, "add", (x, y)))

    def stem(self, filters: int, side: int) -> str:
        """Convolve images of ``side`` pixels once, or as often as it takes to halve large ones.

        So the stages see 25 to 48 pixels a side of all images larger than 24: 32 of 64, 28 of 224.
        Convolutions of stride 2 in a row are the stem of Xiao et al. 2021 (arXiv:2106.14881).
        """
        halvings = halvings_of(side)
        x = IMAGES
        for number in range(1, max(halvings, 1) + 1):
            at = f"stem{number}" if number > 1 else "stem"
            x = self.norm(self.conv(x, f"{at}_conv", filters, 3, 2 if halvings else 1), f"{at}_bn")
            x = self.relu(x, f"{at}_out")
        return x

    def _add(self, layer: Layer) -> str:
        self.layers.append(layer)
        return layer.name


def halvings_of(side: int) -> int:
    """Return how often images of so many pixels a side are halved before the first stage."""
    return 0 if side <= LARGEST_SIDE else 1 + halvings_of(-(-side // 2))


@dataclass(frozen=True)
class Family:
    """Networks of one design and any depth ``layers_per_block``·n + 2.

    Attributes:
        body: from n, the number of blocks in each stage, and the side of the images in pixels, to
            the layers between the images and the pooling; the last one enters the pooling.
    """

    layers_per_block: int
    body: Callable[[int, int], list[Layer]]


def multiply_adds(layers: Sequence[Layer], side: int, channels: int = 3) -> int:
    """Count the multiply-adds of one image, so many pixels a side, on its way through a body.

    Those of convolutions; all the rest is next to nothing.
    """
    sides, depths, total = {IMAGES: side}, {IMAGES: channels}, 0
    for layer in layers:
        source = layer.inputs[0]
        sides[layer.name], depths[layer.name] = sides[source], depths[source]
        if layer.kind == "conv":
            sides[layer.name] = -(-sides[source] // layer.stride)
            depths[layer.name] = layer.filters
            kernel = layer.size**2 * depths[source] * layer.filters
            total += sides[layer.name] ** 2 * kernel
    return total
