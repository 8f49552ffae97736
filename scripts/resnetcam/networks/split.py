"""A classifier cut at one layer: what comes before, and what depends on that layer's output."""

from typing import Any, NamedTuple

import keras

from resnetcam.networks.layers import LOGITS


class Split(NamedTuple):
    """Two models that together compute the classifier's pre-softmax logits.

    Attributes:
        below: from raw images to a list of tensors. The first is the layer's output, the others
            what else flows past it into ``above``, such as a shortcut around a layer in a branch.
        above: from that list to logits (N, C).
    """

    below: keras.Model
    above: keras.Model


def split(classifier: keras.Model, layer: str) -> Split:
    """Cut a classifier at a layer, wherever it stands, inside a residual branch too."""
    cut = classifier.get_layer(layer).output
    logits = classifier.get_layer(LOGITS)
    depends: set[int] = {id(cut)}
    passes_by: dict[int, Any] = {}
    for one in classifier.layers:
        inputs = one.input if isinstance(one.input, list) else [one.input]
        if one.output is not cut and any(id(tensor) in depends for tensor in inputs):
            depends.add(id(one.output))
            passes_by |= {id(t): t for t in inputs if id(t) not in depends}
        if one is logits:
            break
    frontier = [cut, *passes_by.values()]
    return Split(keras.Model(classifier.inputs, frontier), keras.Model(frontier, logits.output))
