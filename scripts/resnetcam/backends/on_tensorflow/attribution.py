"""How logits depend on a layer's output, on TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from resnetcam.networks.split import split

Floats = NDArray[np.float32]


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], tuple[Floats, Floats]]:
    """Return a compiled function of (images (B, H, W, 3), class indices (R, B)).

    It answers with the layer's activations A (B, h, w, K) and, for each of the R class choices, the
    gradients of that class's pre-softmax logit by A, (R, B, h, w, K). Float32, inference mode;
    gradients are of each image's own logit, never pooled over the batch.
    """
    below, above = split(classifier, layer)

    @tf.function(autograph=False)
    def compiled(images: Any, classes: Any) -> Any:
        pixels = tf.cast(images, tf.float32)
        activations, *others = keras.tree.flatten(below(pixels, training=False))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(activations)
            logits = above([activations, *others], training=False)
            # Images do not touch one another in inference mode, so the gradient of the
            # sum over the batch holds each image's own gradient.
            scores = [
                tf.reduce_sum(tf.gather(logits, chosen, batch_dims=1))
                for chosen in tf.unstack(classes)
            ]
        return activations, tf.stack([tape.gradient(score, activations) for score in scores])

    def call(images: NDArray[np.uint8], classes: NDArray[np.integer]) -> tuple[Floats, Floats]:
        activations, gradients = compiled(tf.constant(images), tf.constant(classes, tf.int32))
        return activations.numpy(), gradients.numpy()

    return call


def ablations(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8]], tuple[Floats, Floats]]:
    """Return a compiled function of images (B, H, W, 3).

    It answers with the pre-softmax logits (B, C), and with those that are left when one channel of
    the layer's output is set to zero, for each of its K channels: (K, B, C).
    """
    below, above = split(classifier, layer)

    @tf.function(autograph=False)
    def compiled(images: Any) -> Any:
        pixels = tf.cast(images, tf.float32)
        activations, *others = keras.tree.flatten(below(pixels, training=False))

        def logits_with(channels: Any) -> Any:
            return above([activations * channels, *others], training=False)

        count = activations.shape[-1]
        without = tf.map_fn(logits_with, 1 - tf.eye(count), parallel_iterations=1)
        return logits_with(tf.ones(count)), without

    def call(images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        whole, without = compiled(tf.constant(images))
        return whole.numpy(), without.numpy()

    return call
