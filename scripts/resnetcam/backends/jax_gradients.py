"""Activations of a layer and the gradients of logits by them, on JAX."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], Arrays]:
    """Return a compiled function of (images (B, H, W, 3), class indices (R, B)).

    The twin of ``tensorflow_gradients``: activations A (B, h, w, K), and for each of the R class
    choices the gradients of that class's pre-softmax logit by A, (R, B, h, w, K).
    """

    @jax.jit
    def compiled(variables: Any, images: Any, classes: Any) -> Any:
        pixels = jnp.asarray(images, jnp.float32)

        def run(offset: Any) -> Any:
            with keras.StatelessScope(zip(classifier.variables, variables, strict=True)):
                return _logits_and_activations(classifier, layer, pixels, offset)

        # The gradient by what is added to the activations, where that is zero, is the one by them.
        zeros = jnp.zeros((len(images), *classifier.get_layer(layer).output.shape[1:]))
        logits, pull_back, activations = jax.vjp(run, zeros, has_aux=True)
        # Images do not touch one another in inference mode, so one backward pass a class choice
        # holds each image's own gradient.
        chosen = jax.nn.one_hot(classes, logits.shape[-1])
        return activations, jnp.stack([pull_back(scores)[0] for scores in chosen])

    def call(images: NDArray[np.uint8], classes: NDArray[np.integer]) -> Arrays:
        variables = [v.value for v in classifier.variables]
        return jax.device_get(compiled(variables, images, np.asarray(classes, np.int32)))

    return call


def _logits_and_activations(
    classifier: keras.Model, name: str, pixels: jax.Array, offset: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Go through the classifier layer by layer, adding ``offset`` to the output of one."""
    values = {}
    for layer in classifier.layers:
        if isinstance(layer, keras.layers.InputLayer):
            value = pixels
        else:
            value = layer(jax.tree.map(lambda t: values[id(t)], layer.input), training=False)
        if layer.name == name:
            activations = value
            value = value + offset
        values[id(layer.output)] = value
    return values[id(classifier.get_layer("logits").output)], activations
