"""Read MNIST and what has its layout: four IDX files, each compressed by gzip or not.

An IDX file begins with two zeros, the type of its values (8 for bytes), the number of dimensions
and the size of each, big-endian.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from resnetcam.common.errors import InputError
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.layouts import FASHION_MNIST, IDX_TEST, IDX_TRAIN, LAYOUTS, MNIST
from resnetcam.sources.members import read_members
from resnetcam.sources.packed import member_error

_BYTES = 0x0800
_GZIP = b"\x1f\x8b"

CLASS_NAMES = {
    MNIST: tuple("0123456789"),
    # https://github.com/zalandoresearch/fashion-mnist
    FASHION_MNIST: (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}


def read_idx(
    path: str | Path, train_images: int, test_images: int, layout: str = MNIST
) -> LabelledImages:
    """Read four IDX files; no more is read or decompressed than so many images take.

    Args:
        path: a folder of them, the folder above it, or an archive (.tar, compressed or not, or
            .zip).
        train_images, test_images: how many images there must be.
        layout: one of ``CLASS_NAMES``.

    Returns:
        images of shape (N, side, side, 1).

    Raises:
        InputError: a file is missing, is no IDX file of bytes, is damaged, too large or cut short,
            has other sizes than expected, or labels that no class has.
    """
    image_bytes = LAYOUTS[layout].side ** 2
    max_bytes = 2 * (image_bytes + 1) * (train_images + test_images) + 2**20
    files = _Files(path, *read_members(path, max_bytes, layout))
    x_train, y_train = _read_split(files, IDX_TRAIN, train_images, layout)
    x_test, y_test = _read_split(files, IDX_TEST, test_images, layout)
    return LabelledImages(x_train, y_train, x_test, y_test, CLASS_NAMES[layout])


class _Files(NamedTuple):
    path: str | Path
    folder: PurePosixPath
    contents: Mapping[str, bytes]

    def name(self, plain: str) -> str:
        return plain if plain in self.contents else f"{plain}.gz"

    def error(self, plain: str, expected: str, found: object) -> InputError:
        return member_error(self.path, self.folder / self.name(plain), expected, found)


def _read_split(
    files: _Files, names: tuple[str, str], images: int, layout: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, side, side, 1), and labels, uint8 (N,)."""
    side, classes = LAYOUTS[layout].side, len(CLASS_NAMES[layout])
    x = _read_array(files, names[0], (images, side, side))
    y = _read_array(files, names[1], (images,))
    if (wrong := np.flatnonzero(y >= classes)).size:
        expected = f"labels from 0 to {classes - 1}"
        raise files.error(names[1], expected, f"{y[wrong[0]]}, of image {wrong[0]}")
    return x[..., np.newaxis], y


def _read_array(files: _Files, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the bytes of an IDX file as an array of just this shape."""
    header = struct.Struct(f">{1 + len(shape)}I")
    size = header.size + int(np.prod(shape))
    content = _unpacked(files, name, size)
    if len(content) < header.size:
        raise files.error(name, "the header of an IDX file", f"{len(content)} bytes in all")
    magic, *sizes = header.unpack_from(content)
    wanted = _BYTES + len(shape)
    if magic != wanted:
        expected = f"an IDX file of {'images' if len(shape) > 1 else 'labels'}"
        raise files.error(name, f"{expected}, which begins with 0x{wanted:08x}", f"0x{magic:08x}")
    if tuple(sizes) != shape:
        raise files.error(name, _sizes(shape), _sizes(sizes))
    if len(content) != size:
        found = f"more than {size}" if len(content) > size else len(content)
        raise files.error(name, f"{size} bytes, as its header says", found)
    return np.frombuffer(content, np.uint8, offset=header.size).reshape(shape).copy()


def _sizes(sizes: tuple[int, ...] | list[int]) -> str:
    """Say what the header of images or labels tells."""
    if len(sizes) == 1:
        return f"{sizes[0]} labels"
    return f"{sizes[0]} images of {sizes[1]} x {sizes[2]} pixels"


def _unpacked(files: _Files, name: str, size: int) -> bytes:
    """Return the content of a member, of what exceeds ``size`` no more than a byte."""
    content = files.contents[files.name(name)]
    if not content.startswith(_GZIP):
        return content[: size + 1]
    try:
        with gzip.open(io.BytesIO(content)) as unpacked:
            return unpacked.read(size + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise files.error(name, "a whole gzip file", f"a damaged one ({error})") from error
