"""Activations of a layer and the gradients of logits by them, on TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], Arrays]:
    """Return a compiled function of (images (B, H, W, 3), class indices (R, B)).

    It answers with the layer's activations A (B, h, w, K) and, for each of the R class choices, the
    gradients of that class's pre-softmax logit by A, (R, B, h, w, K). Float32, inference mode;
    gradients are of each image's own logit, never pooled over the batch.
    """
    outputs = [classifier.get_layer(name).output for name in (layer, "logits")]
    model = keras.Model(classifier.inputs, outputs)

    @tf.function
    def compiled(images: Any, classes: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            pixels = tf.cast(images, tf.float32)
            tape.watch(pixels)
            activations, logits = model(pixels, training=False)
            # Images do not touch one another in inference mode, so the gradient of the
            # sum over the batch holds each image's own gradient.
            scores = [
                tf.reduce_sum(tf.gather(logits, chosen, batch_dims=1))
                for chosen in tf.unstack(classes)
            ]
        return activations, tf.stack([tape.gradient(score, activations) for score in scores])

    def call(images: NDArray[np.uint8], classes: NDArray[np.integer]) -> Arrays:
        activations, gradients = compiled(tf.constant(images), tf.constant(classes, tf.int32))
        return activations.numpy(), gradients.numpy()

    return call
