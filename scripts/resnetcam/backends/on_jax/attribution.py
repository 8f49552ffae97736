"""How logits depend on a layer's output, on JAX (see ``backends.door``)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.networks.split import split

Floats = NDArray[np.float32]


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], tuple[Floats, Floats]]:
    """See ``backends.door.activations_and_gradients``."""
    below, above = split(classifier, layer)

    def compute(images: Any, classes: Any) -> Any:
        pixels = jnp.asarray(images, jnp.float32)
        activations, *others = keras.tree.flatten(below(pixels, training=False))
        logits, pull_back = jax.vjp(lambda a: above([a, *others], training=False), activations)
        # Images do not touch one another in inference mode, so one backward pass a class choice
        # holds each image's own gradient.
        chosen = jax.nn.one_hot(classes, logits.shape[-1])
        return activations, jnp.stack([pull_back(scores)[0] for scores in chosen])

    compiled = _compiled(classifier, compute)
    return lambda images, classes: compiled(images, np.asarray(classes, np.int32))


def ablations(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8]], tuple[Floats, Floats]]:
    """See ``backends.door.ablations``."""
    below, above = split(classifier, layer)

    def compute(images: Any) -> Any:
        pixels = jnp.asarray(images, jnp.float32)
        activations, *others = keras.tree.flatten(below(pixels, training=False))

        def logits_with(channels: Any) -> Any:
            return above([activations * channels, *others], training=False)

        count = activations.shape[-1]
        return logits_with(jnp.ones(count)), jax.lax.map(logits_with, 1 - jnp.eye(count))

    return _compiled(classifier, compute)


def _compiled(classifier: keras.Model, compute: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what calls the classifier's layers, with its variables as arguments."""

    @jax.jit
    def compiled(variables: Any, *arguments: Any) -> Any:
        with keras.StatelessScope(zip(classifier.variables, variables, strict=True)):
            return compute(*arguments)

    def call(*arguments: Any) -> Any:
        return jax.device_get(compiled([v.value for v in classifier.variables], *arguments))

    return call
