"""Decode many image files once, on all cores, into one array on disk: memory stays bounded."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.common.rows import StoredRows, parts
from resnetcam.common.steps import logged_steps
from resnetcam.common.wording import counted, shown
from resnetcam.sources.listing import ListedImage
from resnetcam.sources.pictures import (
    UnreadableImageError,
    decode_picture,
    read_file,
    size_of_picture,
)
from resnetcam.sources.twins import perceptual_hashes

# What a process decodes at a time: so many images, if they take no more than so many bytes.
_IMAGES, _BYTES = 64, 2**23
_NAMED = 20  # files in one message, at most


class Decoded(NamedTuple):
    """What image files hold.

    Attributes:
        images: those that can be read, N of them, in their order.
        pixels: uint8 (N, side, side, C), in a file; C is 1 if all are grey, else 3.
        sizes: width and height of each as it was, in pixels.
        hashes: uint64 (N,), equal or nearly so for images that look alike.
        contents: the SHA-256 of each file that can be opened, whether it can be decoded or not.
        unreadable: what is wrong with the others.
        brightest: the highest value of all pixels.
    """

    images: tuple[ListedImage, ...]
    pixels: StoredRows
    sizes: tuple[tuple[int, int], ...]
    hashes: NDArray[np.uint64]
    contents: dict[Path, str]
    unreadable: tuple[UnreadableImageError, ...]
    brightest: int


class _Part(NamedTuple):
    """The same of some files; ``readable`` says which, and ``is_grey`` if these are."""

    pixels: NDArray[np.uint8]
    sizes: list[tuple[int, int]]
    hashes: NDArray[np.uint64]
    readable: list[bool]
    contents: list[str]
    unreadable: list[tuple[Path, str]]
    is_grey: bool
    brightest: int


def decode(
    images: Sequence[ListedImage], side: int, fit: str, scratch: Path, processes: int
) -> Decoded:
    """Decode images to squares of ``side`` pixels.

    Args:
        fit: what becomes of one that is no square (``pictures.decode_picture``).
        scratch: a folder for the pixels, which is to be removed after use.
        processes: how many decode at once; with one, it is this process.

    Raises:
        InputError: if one of them is killed.
    """
    step = max(1, min(_IMAGES, _BYTES // (3 * side * side)))
    tasks = [images[start : start + step] for start in range(0, len(images), step)]
    readable: list[ListedImage] = []
    sizes: list[tuple[int, int]] = []
    hashes: list[NDArray[np.uint64]] = []
    contents: dict[Path, str] = {}
    unreadable: list[UnreadableImageError] = []
    grey, brightest = True, 0
    paths = ([one.path for one in task] for task in logged_steps(tasks, "images decoded", step))
    results = _on_all_cores(_decode_part, paths, side, fit, processes)
    with open(scratch / "rgb", "wb") as file:
        for task, done in zip(tasks, results, strict=True):
            file.write(done.pixels.data)
            readable += [one for one, good in zip(task, done.readable, strict=True) if good]
            sizes += done.sizes
            hashes.append(done.hashes)
            contents |= zip((one.path for one in task), done.contents, strict=True)
            unreadable += [UnreadableImageError(*one) for one in done.unreadable]
            grey, brightest = grey and done.is_grey, max(brightest, done.brightest)
    pixels = StoredRows(scratch / "rgb", (len(readable), side, side, 3), np.uint8)
    return Decoded(
        tuple(readable),
        _first_channel(pixels, scratch / "grey") if grey else pixels,
        tuple(sizes),
        np.concatenate(hashes) if hashes else np.zeros(0, np.uint64),
        contents,
        tuple(unreadable),
        brightest,
    )


def refuse_unreadable(
    source: str | Path, unreadable: Sequence[UnreadableImageError], images: int
) -> None:
    """Raise an ``InputError`` that names the files which cannot be read, if there are any."""
    if unreadable:
        more = len(unreadable) - _NAMED
        raise InputError(
            f"{shown(source)}: {len(unreadable):,} of {counted(images, 'image')} cannot be read. "
            "Repair or remove them, or set `unreadable: skip`, which leaves them out and lists "
            "them in the report.\n"
            + "\n".join(map(str, unreadable[:_NAMED]))
            + (f"\nand {more:,} more" if more > 0 else "")
        )


def refuse_lost_classes(
    source: str | Path, listed: Iterable[ListedImage], readable: Iterable[ListedImage]
) -> None:
    """Raise an ``InputError`` if of a class, or of its part of a split, no image can be read."""
    wanted, found = ({(one.split, one.label) for one in images} for images in (listed, readable))
    for split, label in sorted(wanted - found):
        where = f" in {split}" if split else ""
        raise InputError(
            f"{shown(source)}: of the class {label!r} no image{where} can be read. Repair them, or "
            "remove the class."
        )


def _on_all_cores(
    work: Callable[..., _Part],
    tasks: Iterable[list[Path]],
    side: int,
    fit: str,
    processes: int,
) -> Iterator[_Part]:
    """Yield the results in order, with no more of them waiting than twice the processes."""
    if processes == 1:
        yield from (work(task, side, fit) for task in tasks)
        return
    waiting: deque[Future[_Part]] = deque()
    try:
        with ProcessPoolExecutor(processes) as pool:
            for task in tasks:
                waiting.append(pool.submit(work, task, side, fit))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise InputError(
            "A process that decodes images was killed, as happens where memory runs out. Let fewer "
            "run at once (`--cores`), or give the job more memory."
        ) from error


def _decode_part(paths: list[Path], side: int, fit: str) -> _Part:
    pixels, sizes, readable, contents, unreadable = [], [], [], [], []
    for path in paths:
        sha256, picture = "", None
        try:
            content = read_file(path)
            sha256 = hashlib.sha256(content).hexdigest()
            picture = decode_picture(path, content, side, fit)
            sizes.append(size_of_picture(content))
        except UnreadableImageError as error:
            unreadable.append((path, error.reason))
        else:
            pixels.append(picture)
        contents.append(sha256)
        readable.append(picture is not None)
    stacked = np.array(pixels, np.uint8).reshape(-1, side, side, 3)
    is_grey = bool((stacked == stacked[..., :1]).all())
    hashes, brightest = perceptual_hashes(stacked), int(stacked.max(initial=0))
    return _Part(stacked, sizes, hashes, readable, contents, unreadable, is_grey, brightest)


def _first_channel(pixels: StoredRows, path: Path) -> StoredRows:
    """Return grey images, (N, side, side, 1), in a file too."""
    with open(path, "wb") as file:
        for part in parts(pixels):
            file.write(np.ascontiguousarray(pixels[part][..., :1]).data)
    return StoredRows(path, (*pixels.shape[:-1], 1), np.uint8)
