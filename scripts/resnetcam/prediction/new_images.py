"""New image files as a model is to see them: decoded, resized and coloured as in its training."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from resnetcam.common.errors import InputError
from resnetcam.common.files import expanded
from resnetcam.common.rows import Rows
from resnetcam.common.wording import shown
from resnetcam.networks.description import Description
from resnetcam.prediction.stored import NewImages
from resnetcam.sources.colouring import coloured
from resnetcam.sources.decoding import decode
from resnetcam.sources.listing import ListedImage, images_at

_FITS = {
    "crop": "its middle square",
    "pad": "with black margins to a square",
    "stretch": "stretched to a square",
}


def read_images(
    paths: Sequence[str | Path], description: Description, scratch: Path, processes: int = 1
) -> NewImages:
    """Decode files, and all files of folders, as a model's description says.

    Args:
        scratch: a folder to decode in, which may be removed once the images are no longer used.
        processes: how many decode at once; with one, it is this process.

    Raises:
        InputError: if there is no such file, or no file can be read.
    """
    listed = [image for path in paths for image in images_at(path)]
    names = dict(zip((one.path for one in listed), _names(paths, listed), strict=True))
    decoded = decode(listed, description.width, description.fit, scratch, processes)
    unreadable = tuple((names[one.path], one.reason) for one in decoded.unreadable)
    if not decoded.images:
        name, reason = unreadable[0]
        more = f" ({len(unreadable):,} files, none of which can be read)" * (len(unreadable) > 1)
        raise InputError(f"{shown(name)}: {reason}.{more}")
    pixels, has_lost_colors = coloured(decoded.pixels, description.channels, scratch / "coloured")
    notes = [
        _note(size, description, lost)
        for size, lost in zip(decoded.sizes, has_lost_colors, strict=True)
    ]
    return NewImages(
        Rows(pixels, np.arange(len(pixels))),
        tuple(names[one.path] for one in decoded.images),
        tuple(notes),
        unreadable,
    )


def _names(paths: Sequence[str | Path], listed: Sequence[ListedImage]) -> Iterator[str]:
    """How files are called: below the one folder that was asked about, else as they were named."""
    first = expanded(paths[0])
    alone = len(paths) == 1 and first.is_dir()
    for one in listed:
        yield one.path.relative_to(first).as_posix() if alone else str(one.path)


def _note(size: tuple[int, int], description: Description, has_lost_colors: bool) -> str:
    """Say in a line what became of an image."""
    width, height = size
    side = description.width
    notes = []
    if (width, height) != (side, side):
        fit = "" if width == height else f"{_FITS[description.fit]} "
        verb = "enlarged" if max(width, height) < side else "resized"
        notes.append(f"{width} × {height} pixels, {fit}{verb} to {side} × {side}")
    if has_lost_colors:
        notes.append("turned grey")
    return "; ".join(notes)
