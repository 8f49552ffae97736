"""A model's outputs in inference mode, compiled by TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def compiled(model: keras.Model) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Return a compiled function from uint8 images (B, H, W, 3) to the model's one output.

    It sees later changes of the model's weights.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, *model.input_shape[1:]], tf.uint8)])
    def predict(images: Any) -> Any:
        return model(tf.cast(images, tf.float32), training=False)

    return lambda images: predict(tf.constant(images)).numpy()
