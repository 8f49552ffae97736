"""A model's outputs in inference mode, compiled by TensorFlow (see ``backends.door``)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Images = NDArray[np.uint8] | NDArray[np.float32]


class _FusedInference(keras.layers.Layer):
    """A batch normalization in inference mode, as TensorFlow's one fused op on its very weights.

    Keras 3 composes the same arithmetic of separate ops; a pass then takes a seventh longer.
    """

    def __init__(self, plain: keras.layers.BatchNormalization):
        super().__init__(name=plain.name)
        self.plain = plain

    def call(self, inputs: tf.Tensor, training: bool = False, mask: Any = None) -> tf.Tensor:
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.plain.gamma),
            offset=tf.convert_to_tensor(self.plain.beta),
            mean=tf.convert_to_tensor(self.plain.moving_mean),
            variance=tf.convert_to_tensor(self.plain.moving_variance),
            epsilon=self.plain.epsilon,
            is_training=False,
        ).y


def _fused(layer: keras.layers.Layer) -> keras.layers.Layer:
    plain = isinstance(layer, keras.layers.BatchNormalization)
    return _FusedInference(layer) if plain else layer


def compiled(model: keras.Model) -> Callable[[Images], NDArray[np.float32]]:
    """See ``backends.door.compiled``."""
    # Not a copy: all layers are the model's own, in a graph beside its own.
    fused = keras.models.clone_model(model, clone_function=_fused)

    def predict(images: Any) -> Any:
        return fused(tf.cast(images, tf.float32), training=False)

    # One graph for batches of every size; each is traced when it is first called.
    graphs = {
        kind: tf.function(
            predict, [tf.TensorSpec([None, *model.input_shape[1:]], kind)], autograph=False
        )
        for kind in ("uint8", "float32")
    }
    return lambda images: graphs[images.dtype.name](tf.constant(images)).numpy()
