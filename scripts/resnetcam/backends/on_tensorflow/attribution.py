"""How logits depend on a layer's output, on TensorFlow (see ``backends.door``)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from resnetcam.backends.on_tensorflow.folding import folded_parts
from resnetcam.networks.split import split

Floats = NDArray[np.float32]


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], tuple[Floats, Floats]]:
    """See ``backends.door.activations_and_gradients``."""
    below, above = folded_parts(classifier, split(classifier, layer), kept=[layer])
    graphs: dict[int, Any] = {}  # by the number of class choices, for batches of any size

    def compute(images: Any, classes: Any) -> Any:
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
        rows = len(classes)
        if rows not in graphs:
            specs = _any_images(classifier), tf.TensorSpec([rows, None], tf.int32)
            graphs[rows] = tf.function(compute, specs, autograph=False)
        activations, gradients = graphs[rows](tf.constant(images), tf.constant(classes, tf.int32))
        return activations.numpy(), gradients.numpy()

    return call


def ablations(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8]], tuple[Floats, Floats]]:
    """See ``backends.door.ablations``."""
    below, above = folded_parts(classifier, split(classifier, layer), kept=[layer])

    def compute(images: Any) -> Any:
        pixels = tf.cast(images, tf.float32)
        activations, *others = keras.tree.flatten(below(pixels, training=False))

        def logits_with(channels: Any) -> Any:
            return above([activations * channels, *others], training=False)

        count = activations.shape[-1]
        without = tf.map_fn(logits_with, 1 - tf.eye(count), parallel_iterations=1)
        return logits_with(tf.ones(count)), without

    compiled = tf.function(compute, [_any_images(classifier)], autograph=False)

    def call(images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        whole, without = compiled(tf.constant(images))
        return whole.numpy(), without.numpy()

    return call


def _any_images(classifier: keras.Model) -> tf.TensorSpec:
    return tf.TensorSpec([None, *classifier.input_shape[1:]], tf.uint8)
