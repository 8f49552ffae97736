"""Read CIFAR-10 and CIFAR-100 in the official layouts, and write CIFAR-10.

The layouts are described at https://www.cs.toronto.edu/~kriz/cifar.html. Of an archive nothing is
ever extracted to disk.
"""

import functools
import gzip
import io
import pickle
import tarfile
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

import numpy as np

from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.layouts import (
    CIFAR10,
    CIFAR100,
    CIFAR100_COARSE,
    TEST_BATCH,
    TRAIN_BATCHES,
)
from resnetcam.sources.members import read_members
from resnetcam.sources.packed import member_error
from resnetcam.sources.sizes import IMAGE_SIDE

PIXEL_BYTES = 3 * IMAGE_SIDE**2
_LONGEST_SHOWN = 40  # of a name
MAX_CLASSES = 256  # a label is one byte


class _Parts(NamedTuple):
    """What a layout calls its batches and class names, and where a record has its label."""

    train: tuple[str, ...]
    test: str
    binary_names: str  # a file of class names, a line each
    python_names: str  # the key of a list of them in `python_meta`
    python_meta: str
    python_labels: str  # the key of a batch's labels
    label_bytes: int = 1  # before the pixels of a record
    label_at: int = 0  # which of them


PARTS = {
    CIFAR10: _Parts(
        train=TRAIN_BATCHES,
        test=TEST_BATCH,
        binary_names="batches.meta.txt",
        python_names="label_names",
        python_meta="batches.meta",
        python_labels="labels",
    ),
    CIFAR100: _Parts(
        train=("train",),
        test="test",
        binary_names="fine_label_names.txt",
        python_names="fine_label_names",
        python_meta="meta",
        python_labels="fine_labels",
        label_bytes=2,
        label_at=1,
    ),
    CIFAR100_COARSE: _Parts(
        train=("train",),
        test="test",
        binary_names="coarse_label_names.txt",
        python_names="coarse_label_names",
        python_meta="meta",
        python_labels="coarse_labels",
        label_bytes=2,
        label_at=0,
    ),
}


def read_archive(
    path: str | Path, train_images: int, test_images: int, layout: str = CIFAR10
) -> LabelledImages:
    """Read the official binary or python layout, told by its members.

    Nothing that a pickle of the python layout asks for is executed, and no more is decompressed
    or read than so many images can take.

    Args:
        path: an archive (.tar, compressed or not, or .zip); a folder of extracted files, or the
            folder above it.
        train_images, test_images: how many images there must be.
        layout: of which data set, one of ``PARTS``; of CIFAR-100, with which labels.

    Raises:
        InputError: the source is in neither layout, is damaged or too large, or does
            not hold ``train_images`` and ``test_images`` images with valid labels.
    """
    # Twice the binary layout's size: in pickles a byte may take two, and files have names.
    parts = PARTS[layout]
    max_bytes = 2 * (parts.label_bytes + PIXEL_BYTES) * (train_images + test_images) + 2**20
    folder, members = read_members(path, max_bytes, layout)
    kind = _BinaryLayout if parts.binary_names in members else _PythonLayout
    form = kind(path, folder, members, parts)
    class_names = form.read_class_names()
    if not 1 <= len(class_names) <= MAX_CLASSES:
        raise form.error(form.meta, f"1 to {MAX_CLASSES} class names", len(class_names))
    if unprintable := [name for name in class_names if not name.isprintable()]:
        found = ascii(unprintable[0][:_LONGEST_SHOWN])
        raise form.error(form.meta, "class names that can be printed", found)
    x_train, y_train = _read_split(form, parts.train, train_images, len(class_names))
    x_test, y_test = _read_split(form, (parts.test,), test_images, len(class_names))
    return LabelledImages(x_train, y_train, x_test, y_test, class_names)


def write_archive(path: str | Path, images: LabelledImages) -> None:
    """Write a .tar.gz archive in CIFAR-10's binary layout, atomically.

    The same images and the same zlib give the same bytes.

    Raises:
        InputError: the number of training images is not a multiple of 5.
        ValueError: an array has another shape or dtype than `LabelledImages` says.
    """
    train, test = records(images.x_train, images.y_train), records(images.x_test, images.y_test)
    if len(train) % len(TRAIN_BATCHES):
        raise InputError(
            f"The number of training images must be a multiple of {len(TRAIN_BATCHES)}, "
            f"the number of batches in an archive, not {len(train)}."
        )
    contents = {
        f"{name}.bin": batch.tobytes()
        for name, batch in zip(TRAIN_BATCHES, np.split(train, len(TRAIN_BATCHES)), strict=True)
    }
    contents[f"{TEST_BATCH}.bin"] = test.tobytes()
    names = "".join(f"{name}\n" for name in images.class_names)
    contents[PARTS[CIFAR10].binary_names] = names.encode()
    with (
        replacing(path) as temporary,
        open(temporary, "wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def records(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return records, uint8 (N, 3073): a label, then the R, G and B planes, row by row.

    Args:
        x: images, uint8 (N, 32, 32, 3).
        y: labels, uint8 (N,).

    Raises:
        ValueError: an array has another shape or dtype.
    """
    if x.shape != (len(y), 32, 32, 3) or y.ndim != 1 or x.dtype != np.uint8 or y.dtype != np.uint8:
        raise ValueError(
            "expected uint8 images (N, 32, 32, 3) and uint8 labels (N,), "
            f"found {x.dtype} {x.shape} and {y.dtype} {y.shape}"
        )
    planes = x.transpose(0, 3, 1, 2).reshape(len(x), PIXEL_BYTES)
    return np.concatenate([y[:, np.newaxis], planes], axis=1)


class _Layout(ABC):
    """The members of one folder, read the way a layout prescribes."""

    suffix: str

    def __init__(
        self, path: str | Path, folder: PurePosixPath, members: dict[str, bytes], parts: _Parts
    ):
        self.path = path
        self.folder = folder
        self.members = members
        self.parts = parts

    @property
    @abstractmethod
    def meta(self) -> str:
        """The member that has the class names."""

    def error(self, name: str, expected: str, found: object) -> InputError:
        """Return the error to raise about a member."""
        return member_error(self.path, self.folder / name, expected, found)

    @abstractmethod
    def read_class_names(self) -> tuple[str, ...]:
        """Return the class names, in the order of their indices."""

    @abstractmethod
    def read_batch(self, batch: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a batch's planes, uint8 (N, 3072), and labels, integer (N,)."""


class _BinaryLayout(_Layout):
    suffix = ".bin"

    @property
    def meta(self) -> str:
        return self.parts.binary_names

    def read_class_names(self) -> tuple[str, ...]:
        try:
            text = self.members[self.meta].decode()
        except UnicodeDecodeError:
            raise self.error(self.meta, "class names in UTF-8", "other bytes") from None
        return tuple(line for line in text.splitlines() if line)

    def read_batch(self, batch: str) -> tuple[np.ndarray, np.ndarray]:
        name = batch + self.suffix
        content, first = self.members[name], self.parts.label_bytes
        size = first + PIXEL_BYTES
        if len(content) % size:
            raise self.error(name, f"a multiple of {size} bytes", f"{len(content)} bytes")
        records = np.frombuffer(content, np.uint8).reshape(-1, size)
        return records[:, first:], records[:, self.parts.label_at]


class _PythonLayout(_Layout):
    suffix = ""

    @property
    def meta(self) -> str:
        return self.parts.python_meta

    def read_class_names(self) -> tuple[str, ...]:
        key = self.parts.python_names
        names = self._unpickle(self.meta).get(key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.error(self.meta, f"`{key}`, a list of strings", _kind(names))
        return tuple(names)

    def read_batch(self, batch: str) -> tuple[np.ndarray, np.ndarray]:
        content, key = self._unpickle(batch), self.parts.python_labels
        planes, labels = content.get("data"), content.get(key)
        if not isinstance(planes, np.ndarray) or planes.shape[1:] != (PIXEL_BYTES,):
            raise self.error(batch, f"`data`, a uint8 array (N, {PIXEL_BYTES})", _kind(planes))
        if not isinstance(labels, list) or not all(type(label) is int for label in labels):
            raise self.error(batch, f"`{key}`, a list of integers", _kind(labels))
        if len(labels) != len(planes):
            raise self.error(batch, f"{len(planes)} labels, one an image", len(labels))
        try:
            return planes, np.array(labels, np.uint8)
        except OverflowError:
            # Python refuses to write numbers of thousands of digits.
            wide = any(label.bit_length() > 64 for label in labels)
            found = "far wider ones" if wide else f"{min(labels)} to {max(labels)}"
            raise self.error(batch, "labels of one byte", found) from None

    def _unpickle(self, name: str) -> dict[str, Any]:
        """Return a pickled dictionary, with its keys and strings as str and arrays as uint8."""
        try:
            result = _RestrictedUnpickler(self.members[name]).load()
            return {str(_text(key)): _plain(value) for key, value in result.items()}
        except Exception as error:  # a hostile pickle can raise anything
            found = f"something else ({error or type(error).__name__})"
            raise self.error(name, "a pickled dictionary of arrays and lists", found) from error


class _PickledDtype:
    """Stands for numpy.dtype while unpickling: numpy never sees what a pickle passes to it."""

    def __init__(self, name: bytes | str, *_flags: object):
        if name not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"an array of dtype {name!r}, not uint8")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Ignore byte order and alignment, which a single byte does not have."""


class _PickledArray:
    """Stands for numpy.ndarray while unpickling."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, self.shape, self.dtype, self.is_fortran, self.content = state

    def to_numpy(self) -> np.ndarray:
        if not isinstance(self.dtype, _PickledDtype):
            raise pickle.UnpicklingError("an array without a dtype")
        array = np.frombuffer(self.content, np.uint8)
        return array.reshape(self.shape, order="F" if self.is_fortran else "C")


def _reconstruct(*_arguments: object) -> _PickledArray:
    return _PickledArray()


class _RestrictedUnpickler(pickle.Unpickler):
    """Builds dictionaries, lists, numbers, strings and uint8 arrays, and refuses all else."""

    ALLOWED: ClassVar = {
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): _PickledArray,
        ("numpy", "dtype"): _PickledDtype,
        ("_codecs", "encode"): "encode_latin1",
    }

    def __init__(self, content: bytes):
        super().__init__(io.BytesIO(content), encoding="bytes")
        self._encodable = len(content)

    def encode_latin1(self, text: str, encoding: str) -> bytes:
        """Python 3 writes bytes so in protocol 2; never more of them than it takes to spell."""
        if encoding != "latin1":
            raise pickle.UnpicklingError("another encoding than latin1")
        self._encodable -= len(text)
        if self._encodable < 0:
            raise pickle.UnpicklingError("more text than the file has bytes")
        return text.encode("latin1")

    def find_class(self, module: str, name: str) -> Any:
        try:
            allowed = self.ALLOWED[module, name]
            return getattr(self, allowed) if isinstance(allowed, str) else allowed
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name}, which is not allowed") from None


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _plain(value: object) -> object:
    if isinstance(value, _PickledArray):
        return value.to_numpy()
    if not isinstance(value, list):
        return value
    once = functools.lru_cache(None, typed=True)(_text)  # a list may hold one long text many times
    return [once(item) for item in value]


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.shape}"
    return "nothing" if value is None else f"a {type(value).__name__}"


def _read_split(
    form: _Layout, batches: tuple[str, ...], images: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images, uint8 (N, 32, 32, 3), and labels, uint8 (N,), of some batches."""
    planes, labels = [], []
    for batch in batches:
        batch_planes, batch_labels = form.read_batch(batch)
        if (batch_labels >= classes).any():
            raise form.error(
                batch + form.suffix, f"labels from 0 to {classes - 1}", batch_labels.max()
            )
        planes.append(batch_planes)
        labels.append(batch_labels)
    if (found := sum(map(len, labels))) != images:
        members = " to ".join(dict.fromkeys((batches[0] + form.suffix, batches[-1] + form.suffix)))
        each = f": {', '.join(str(len(one)) for one in labels)}" if len(labels) > 1 else ""
        raise form.error(members, f"{images} images", f"{found}{each}")
    x = np.concatenate(planes).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(x), np.concatenate(labels)
