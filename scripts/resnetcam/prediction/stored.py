"""Images that were read and answers that were given, as stages hand them on: HDF5."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.rows import Rows, StoredRows
from resnetcam.evaluation.predictions import softmax

_AT_A_TIME = 256


class NewImages(NamedTuple):
    """Images that were read, N of them, and files that could not be.

    Attributes:
        pixels: uint8 (N, H, W, channels), as the model takes them, or such rows of a file.
        files: the name of each.
        notes: what was done to each beside decoding it; empty for nothing.
        unreadable: a name and a reason for each of the other files.
    """

    pixels: NDArray[np.uint8] | Rows
    files: tuple[str, ...]
    notes: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]


class Answers(NamedTuple):
    """Answers for N images.

    Attributes:
        logits: float32 (N, C).
        maps: float32 (N, h, w), raw Grad-CAM maps of the predicted classes, at the layer that
            enters the pooling.
        class_names: one name a class.
        temperature: that logits are divided by, to be as sure as they should.
    """

    logits: NDArray[np.float32]
    maps: NDArray[np.float32]
    class_names: tuple[str, ...]
    temperature: float = 1.0

    def first(self, n: int) -> "Answers":
        """Return the answers for the first n images."""
        return self._replace(logits=self.logits[:n], maps=self.maps[:n])

    @property
    def predicted(self) -> NDArray[np.integer]:
        """The class of each image's highest logit, integers (N,)."""
        return self.logits.argmax(1)

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Softmax of the logits over the temperature, float32 (N, C)."""
        return softmax(self.logits / np.float32(self.temperature))


def write_new_images(path: Path, images: NewImages) -> None:
    """Write images row by row, as they may lie on disk."""
    with hdf5.writing(path) as file:
        x = file.create_dataset("x", images.pixels.shape, images.pixels.dtype, track_times=False)
        for start in range(0, len(images.pixels), _AT_A_TIME):
            x[start : start + _AT_A_TIME] = images.pixels[start : start + _AT_A_TIME]
        _write_texts(file, "files", images.files)
        _write_texts(file, "notes", images.notes)
        _write_texts(file, "unreadable", [name for name, _ in images.unreadable])
        _write_texts(file, "reasons", [reason for _, reason in images.unreadable])


def read_new_images(path: Path) -> NewImages:
    """Read what ``write_new_images`` wrote; the pixels stay in the file."""
    with hdf5.reading(path) as file:
        files, notes, unreadable, reasons = (
            _read_texts(file, name) for name in ("files", "notes", "unreadable", "reasons")
        )
        x = file["x"]
        start = x.id.get_offset()
        if start is None or x.ndim != 4 or x.dtype != np.uint8:
            raise ValueError("x holds other values than it should")
        pixels = StoredRows(path, x.shape, x.dtype, start)
    return NewImages(
        Rows(pixels, np.arange(len(pixels))),
        files,
        notes,
        tuple(zip(unreadable, reasons, strict=True)),
    )


def write_answers(path: Path, answers: Answers) -> None:
    """Write answers."""
    with hdf5.writing(path) as file:
        file.create_dataset("logits", data=answers.logits, track_times=False)
        file.create_dataset("maps", data=answers.maps, track_times=False)
        file.attrs["class_names"] = list(answers.class_names)


def read_answers(path: Path) -> Answers:
    """Read what ``write_answers`` wrote."""
    with hdf5.reading(path) as file:
        names = tuple(str(name) for name in file.attrs["class_names"])
        return Answers(hdf5.array(file, "logits", "f", 2), hdf5.array(file, "maps", "f", 3), names)


def _write_texts(file: h5py.File, name: str, texts: Sequence[str]) -> None:
    """Write texts as bytes: a file's name may be no UTF-8."""
    values = [np.frombuffer(_encoded(text), np.uint8) for text in texts]
    stored = file.create_dataset(name, len(values), h5py.vlen_dtype(np.uint8), track_times=False)
    for index, value in enumerate(values):
        stored[index] = value


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _read_texts(file: h5py.File, name: str) -> tuple[str, ...]:
    return tuple(bytes(one).decode("utf-8", "surrogateescape") for one in file[name][()])
