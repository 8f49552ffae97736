"""The saved classifier, and its logits."""

import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError

if keras.backend.backend() == "jax":
    from resnetcam.backends.on_jax.prediction import compiled
else:
    from resnetcam.backends.on_tensorflow.prediction import compiled

_BATCH = 500
_LONGEST_REASON = 200

Images = NDArray[np.uint8] | NDArray[np.float32]
Predict = Callable[[Images], NDArray[np.float32]]


def load_classifier(path: Path) -> keras.Model:
    """Load ``model.keras`` in safe mode: built-in layers only, nothing is executed.

    Raises:
        DamagedFileError: if it is no such model.
    """
    # Keras would say that it is not there.
    if path.exists() and not zipfile.is_zipfile(path):
        raise DamagedFileError(path, "it is cut off, or no .keras file")
    try:
        classifier = keras.saving.load_model(path, compile=False, safe_mode=True)
        classifier.get_layer("logits")
    except MemoryError:
        raise
    except Exception as error:  # Keras raises nearly any, for what it finds in a damaged file
        raise DamagedFileError(path, f"Keras cannot read it: {_in_a_line(error)}") from error
    return classifier


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


def _in_a_line(error: Exception) -> str:
    return textwrap.shorten(f"{type(error).__name__} {error}", _LONGEST_REASON, placeholder=" …")
