"""A classifier's logits."""

from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.door import Images, compiled
from resnetcam.common.rows import Rows
from resnetcam.networks.layers import LOGITS

_BATCH = 500


class Predict(Protocol):
    """What ``logits_function`` returns."""

    def __call__(self, images: Images | Rows, *, flipped: bool = False) -> NDArray[np.float32]:
        """Return the logits of images, or of their mirror images."""


def logits_function(classifier: keras.Model) -> Predict:
    """Return a compiled function from raw images (N, H, W, channels) to float32 logits (N, C).

    Pixels are uint8, or float32 in 0..255; N may be any number, 0 included. With ``flipped`` it
    takes the mirror images. It sees later changes of the classifier's weights.
    """
    logits = classifier.get_layer(LOGITS).output
    predict = compiled(keras.Model(classifier.inputs, logits))

    def predict_all(images: Images | Rows, *, flipped: bool = False) -> NDArray[np.float32]:
        columns = slice(None, None, -1 if flipped else 1)
        starts = range(0, len(images), _BATCH)
        batches = [predict(images[i : i + _BATCH][:, :, columns]) for i in starts]
        return np.concatenate([np.zeros((0, logits.shape[-1]), np.float32), *batches])

    return predict_all
