"""The saved classifier."""

import textwrap
import zipfile
from pathlib import Path

import keras

from resnetcam.common.errors import DamagedFileError
from resnetcam.networks.layers import LOGITS

_LONGEST_REASON = 200


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
        classifier.get_layer(LOGITS)
    except MemoryError:
        raise
    except Exception as error:  # Keras raises nearly any, for what it finds in a damaged file
        raise DamagedFileError(path, f"Keras cannot read it: {_in_a_line(error)}") from error
    return classifier


def _in_a_line(error: Exception) -> str:
    return textwrap.shorten(f"{type(error).__name__} {error}", _LONGEST_REASON, placeholder=" …")
