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
    model = _with_offset(classifier, layer)
    groups = model.trainable_variables, model.non_trainable_variables
    trained, rest = ([v.value for v in group] for group in groups)

    @jax.jit
    def compiled(trained: Any, rest: Any, images: Any, classes: Any) -> Any:
        pixels = jnp.asarray(images, jnp.float32)

        def run(offset: Any) -> Any:
            (activations, logits), _ = model.stateless_call(
                trained, rest, [pixels, offset], training=False
            )
            return logits, activations

        zeros = jnp.zeros((len(images), *model.inputs[1].shape[1:]))
        logits, pull_back, activations = jax.vjp(run, zeros, has_aux=True)
        # Images do not touch one another in inference mode, so one backward pass a class choice
        # holds each image's own gradient.
        chosen = jax.nn.one_hot(classes, logits.shape[-1])
        return activations, jnp.stack([pull_back(scores)[0] for scores in chosen])

    def call(images: NDArray[np.uint8], classes: NDArray[np.integer]) -> Arrays:
        found = compiled(trained, rest, images, np.asarray(classes, np.int32))
        return tuple(map(np.asarray, found))

    return call


def _with_offset(classifier: keras.Model, layer: str) -> keras.Model:
    """A copy of the classifier with a second input that is added to one layer's output.

    The gradient by that input, where it is zero, is the gradient by the layer's output.
    """
    offset = keras.Input(classifier.get_layer(layer).output.shape[1:])
    outputs = {}

    def call(called: keras.layers.Layer, *arguments: Any, **options: Any) -> Any:
        output = called(*arguments, **options)
        outputs[called.name] = keras.ops.add(output, offset) if called.name == layer else output
        return outputs[called.name]

    copy = keras.models.clone_model(classifier, call_function=call)
    copy.set_weights(classifier.get_weights())
    return keras.Model([copy.input, offset], [outputs[layer], outputs["logits"]])
