"""A classifier's logits."""

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.door import Images, compiled
from resnetcam.common.rows import Rows
from resnetcam.networks.layers import LOGITS

_BATCH = 500

Predict = Callable[[Images | Rows], NDArray[np.float32]]


def logits_function(classifier: keras.Model) -> Predict:
    """Return a compiled function from raw images (N, H, W, channels) to float32 logits (N, C).

    Pixels are uint8, or float32 in 0..255; N may be any number, 0 included. It sees later changes
    of the classifier's weights.
    """
    logits = classifier.get_layer(LOGITS).output
    predict = compiled(keras.Model(classifier.inputs, logits))

    def predict_all(images: Images | Rows) -> NDArray[np.float32]:
        batches = [predict(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        return np.concatenate([np.zeros((0, logits.shape[-1]), np.float32), *batches])

    return predict_all
