"""The saved classifier, and its logits."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

if keras.backend.backend() == "jax":
    from resnetcam.backends.jax_prediction import compiled
else:
    from resnetcam.backends.tensorflow_prediction import compiled

_BATCH = 500

Images = NDArray[np.uint8] | NDArray[np.float32]
Predict = Callable[[Images], NDArray[np.float32]]


def load_classifier(path: Path) -> keras.Model:
    """Load ``model.keras`` in safe mode: built-in layers only, nothing is executed."""
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def logits_function(classifier: keras.Model) -> Predict:
    """Return a compiled function from raw images (N, H, W, 3) to float32 logits (N, C).

    Pixels are uint8, or float32 in 0..255; N may be any number, 0 included. It sees later changes
    of the classifier's weights.
    """
    logits = classifier.get_layer("logits").output
    predict = compiled(keras.Model(classifier.inputs, logits))

    def predict_all(images: Images) -> NDArray[np.float32]:
        batches = [predict(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        return np.concatenate([np.zeros((0, logits.shape[-1]), np.float32), *batches])

    return predict_all
