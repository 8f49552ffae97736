"""What travels with a model: the names of its classes, and what an image must be for it.

It lies in the metadata of ``model.keras`` and, to be read and kept by people, in ``model.json``
beside it. (Known without Keras.)
"""

import json
import os
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.files import mismatch, read_json
from resnetcam.common.json_shapes import DESCRIPTION

KEY = "resnetcam"  # in Keras's metadata

_PIXELS = "0 to 255, as in an image file; the model itself divides by 255 and subtracts its mean"
_COLORS = {1: "grey", 3: "RGB"}
_FITS = ("crop", "pad", "stretch")
_MOST_PIXELS = 512  # a side
_MOST_BYTES = 2**24  # of metadata


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
        InputError: if there is no such file, it is no model, nobody says it, or it is said of no
            network that this workflow trains. (Somebody may have brought the file: not for the
            workflow to make anew.)
    """
    beside = model.with_name("model.json")
    said = _of_metadata(model)
    if said is None and os.path.exists(beside):
        said = _of_file(beside)
    if said is None:
        raise InputError(
            f"{model} does not say which classes it tells apart, and there is no {beside.name} "
            "beside it. Models that this workflow trains have both: train it anew, or copy "
            f"{beside.name} too."
        )
    return Description(tuple(said["class_names"]), *(said[key] for key in Description._fields[1:]))


def _of_metadata(model: Path) -> Any:
    if not os.path.isfile(model):
        raise InputError(f"There is no model {model}. Expected a `model.keras` of this workflow.")
    try:
        with zipfile.ZipFile(model) as archive, archive.open("metadata.json") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError(f"its metadata take more than {_MOST_BYTES:,} bytes")
        said = json.loads(content).get(KEY)
    except PermissionError as error:
        raise InputError(f"{model} cannot be read: {error.strerror}.") from error
    except Exception as error:  # a hostile archive can raise anything
        raise InputError(f"{model} is cut off, or no .keras file ({error}).") from error
    problem = said is not None and (mismatch(said, DESCRIPTION, repr(KEY)) or _problem(said))
    if problem:
        raise InputError(f"{model} cannot be used: in its metadata, {problem}.")
    return said


def _of_file(path: Path) -> Any:
    try:
        said = read_json(path, DESCRIPTION)
    except DamagedFileError as error:
        raise InputError(f"{path} cannot be used: {error.problem}.") from error
    if problem := _problem(said):
        raise InputError(f"{path} cannot be used: {problem}.")
    return said


def _problem(said: dict[str, Any]) -> str | None:
    """Say what no network of this workflow has in its description; None if nothing is like that."""
    if not all(name.isprintable() for name in said["class_names"]):
        return "'class_names' has one that cannot be printed"
    if not 1 <= said["height"] == said["width"] <= _MOST_PIXELS:
        return f"'height' and 'width' are not the same number from 1 to {_MOST_PIXELS}"
    if said["channels"] not in _COLORS:
        return f"'channels' is neither {' nor '.join(map(str, _COLORS))}"
    return None if said["fit"] in _FITS else f"'fit' is none of {', '.join(_FITS)}"
