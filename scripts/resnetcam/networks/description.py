"""What travels with a model: the names of its classes, and what an image must be for it.

It lies in the metadata of ``model.keras`` and, to be read and kept by people, in ``model.json``
beside it. (Known without Keras.)
"""

import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.files import mismatch, read_json
from resnetcam.common.json_shapes import DESCRIPTION

KEY = "resnetcam"  # in Keras's metadata

_PIXELS = "0 to 255, as in an image file; the model itself divides by 255 and subtracts its mean"
_COLORS = {1: "grey", 3: "RGB"}


class Description(NamedTuple):
    """What a model was trained on.

    Attributes:
        class_names: one name a class, in the order of the logits.
        height, width: of an image, in pixels.
        channels: 3 for RGB, 1 for grey.
        fit: what becomes of an image file that is no square (``sources.pictures.decode_picture``).
    """

    class_names: tuple[str, ...]
    height: int
    width: int
    channels: int
    fit: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, with a word on pixels for those who feed the model."""
        color = _COLORS.get(self.channels, f"{self.channels} channels")
        return {**self._asdict(), "class_names": list(self.class_names), "pixels": _PIXELS} | {
            "color": color
        }


def read_description(model: Path) -> Description:
    """Return what is said in a model file, or in ``model.json`` beside one that says nothing.

    Keras drops the former when it saves a model that it has loaded.

    Raises:
        InputError: if there is no such file, it is no model, or nobody says it. (Somebody may
            have brought the file: not for the workflow to make anew.)
    """
    beside = model.with_name("model.json")
    said = _of_metadata(model)
    if said is None and beside.exists():
        said = _of_file(beside)
    if said is None:
        raise InputError(
            f"{model} does not say which classes it tells apart, and there is no {beside.name} "
            "beside it. Models that this workflow trains have both: train it anew, or copy "
            f"{beside.name} too."
        )
    return Description(tuple(said["class_names"]), *(said[key] for key in Description._fields[1:]))


def _of_metadata(model: Path) -> dict[str, Any] | None:
    if not model.is_file():
        raise InputError(f"There is no model {model}. Expected a `model.keras` of this workflow.")
    try:
        with zipfile.ZipFile(model) as archive:
            metadata = json.loads(archive.read("metadata.json"))
        said = metadata.get(KEY)
    except (OSError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{model} is cut off, or no .keras file ({error}).") from error
    if said is not None and (problem := mismatch(said, DESCRIPTION, repr(KEY))):
        raise InputError(f"{model} cannot be used: in its metadata, {problem}.")
    return said


def _of_file(path: Path) -> Any:
    try:
        return read_json(path, DESCRIPTION)
    except DamagedFileError as error:
        raise InputError(f"{path} cannot be used: {error.problem}.") from error
