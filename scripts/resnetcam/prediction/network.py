"""What a network says of images: logits, and a map of the class that it names."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.rows import Rows
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.explain.explanation import explainer
from resnetcam.networks.description import Description, read_description
from resnetcam.networks.layers import LOGITS
from resnetcam.networks.models import final_layer
from resnetcam.prediction.stored import Answers

# Keras does not compress: what unpacks to more than so much is no model that it wrote.
_MOST_TIMES_LARGER, _MOST_BYTES_MORE = 20, 2**24


class Network:
    """A trained network that answers.

    Args:
        path: of ``model.keras``.

    Attributes:
        description: what it was trained on.

    Raises:
        InputError: if it is no such file, or does not say which classes it tells apart.
    """

    def __init__(self, path: Path):
        self.description = read_description(path)
        self._classifier = _loaded(path)
        _check(path, self._classifier, self.description)
        self._path = path
        self._logits = logits_function(self._classifier)
        self._explain = explainer(self._classifier, _mapped_layer(path, self._classifier))

    def answer(self, images: Any) -> Answers:
        """Classify and explain images.

        Args:
            images: an array (N, H, W, channels), or a single image, of raw pixels in 0..255 as in
                an image file, of the size and colours that the network was trained on. ``Rows`` of
                a file are read batch by batch.

        Raises:
            InputError: if they are not like that, or the network answers with no numbers.
        """
        pixels = checked_pixels(images, self.description)
        logits = self._logits(pixels)
        if not np.isfinite(logits).all():
            raise InputError(
                f"{self._path} answers with NaN or infinity: its weights are damaged, or its "
                "training diverged. Take another network."
            )
        classes = logits.argmax(1)[None]
        maps = self._explain(pixels, classes, ["gradcam"])["gradcam"][0]
        return Answers(logits, maps, self.description.class_names)


def _loaded(path: Path) -> keras.Model:
    """Load a model that somebody may have brought: not for the workflow to make anew."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _MOST_TIMES_LARGER * path.stat().st_size + _MOST_BYTES_MORE:
        raise InputError(
            f"{path} cannot be used: it unpacks to {unpacked:,} bytes, far more than a model of "
            "its size does."
        )
    try:
        return load_classifier(path)
    except DamagedFileError as error:
        raise InputError(f"{path} cannot be used: {error.problem}.") from error


def checked_pixels(images: Any, description: Description) -> NDArray[np.uint8] | Rows:
    """Return raw pixels, uint8 (N, H, W, channels), as a network takes them.

    ``Rows`` stay what they are. Numbers of other types are rounded.

    Raises:
        InputError: naming the shape, type or range that is not as in its training.
    """
    pixels: Any = images if isinstance(images, Rows) else np.asarray(images)
    expected = (description.height, description.width, description.channels)
    if description.channels == 1 and pixels.shape[-2:] == expected[:2]:
        pixels = pixels[..., np.newaxis]
    if pixels.shape == expected:
        pixels = pixels[np.newaxis]
    if pixels.shape[1:] != expected:
        raise InputError(
            f"Expected images of shape (N, {', '.join(map(str, expected))}), found "
            f"{pixels.shape}. `resnetcam.prediction.new_images.read_images` reads files of any "
            "size as in training."
        )
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "iuf":
        raise InputError(f"Expected pixels as numbers in 0 to 255, found {pixels.dtype}.")
    low, high = (pixels.min(), pixels.max()) if pixels.size else (0, 255)
    if not (low >= 0 and high <= 255):  # NaN too
        raise InputError(f"Expected pixels in 0 to 255, found {low:g} to {high:g}.")
    if pixels.dtype.kind == "f" and high <= 1 and high > 0:
        raise InputError(
            f"Expected pixels in 0 to 255, found {low:g} to {high:g}, as if they had been divided "
            "by 255. The model does that itself: multiply them by 255."
        )
    return np.asarray(np.rint(pixels), np.uint8)


def _check(path: Path, classifier: keras.Model, description: Description) -> None:
    """A description of another model would put wrong names on right numbers."""
    takes = (None, description.height, description.width, description.channels)
    gives = (None, len(description.class_names))
    logits = tuple(classifier.get_layer(LOGITS).output.shape)
    if (classifier.input_shape, classifier.output_shape, logits) != (takes, gives, gives):
        raise InputError(
            f"{path} takes {classifier.input_shape} to {classifier.output_shape}, with logits "
            f"{logits}; its description says {takes} to {gives}. It is that of another network: "
            "take both from the same training."
        )


def _mapped_layer(path: Path, classifier: keras.Model) -> str:
    try:
        name = final_layer(classifier)
    except (ValueError, StopIteration):
        name = None
    if name is None or len(classifier.get_layer(name).output.shape) != 4:
        raise InputError(
            f"{path} has no layer of positions that enters its pooling, so it has no maps: it was "
            "not trained by this workflow. Train one with it."
        )
    return name
