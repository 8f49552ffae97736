"""A model's outputs in inference mode, compiled by TensorFlow (see ``backends.door``)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from resnetcam.backends.on_tensorflow.folding import folded

Images = NDArray[np.uint8] | NDArray[np.float32]


def compiled(model: keras.Model) -> Callable[[Images], NDArray[np.float32]]:
    """See ``backends.door.compiled``."""
    fast = folded(model)

    def predict(images: Any) -> Any:
        return fast(tf.cast(images, tf.float32), training=False)

    # One graph for batches of every size; each is traced when it is first called.
    graphs = {
        kind: tf.function(
            predict, [tf.TensorSpec([None, *model.input_shape[1:]], kind)], autograph=False
        )
        for kind in ("uint8", "float32")
    }
    return lambda images: graphs[images.dtype.name](tf.constant(images)).numpy()
