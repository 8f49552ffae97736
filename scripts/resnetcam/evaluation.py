"""The saved classifier, and its logits."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

_BATCH = 500


def load_classifier(path: Path) -> keras.Model:
    """Load ``model.keras`` in safe mode: built-in layers only, nothing is executed."""
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def logits_model(classifier: keras.Model) -> keras.Model:
    """Return the classifier up to its ``logits``; it shares the classifier's weights."""
    return keras.Model(classifier.inputs, classifier.get_layer("logits").output)


def predict_logits(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32 logits (N, C) of raw uint8 images (N, H, W, 3) by a ``logits_model``."""
    if not len(images):  # Keras refuses to predict nothing
        return np.zeros((0, model.output_shape[-1]), np.float32)
    return model.predict(images, batch_size=_BATCH, verbose=0)
