"""What image files hold, as one digest: known before any of them is decoded."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from resnetcam.common.steps import logged_steps
from resnetcam.sources.listing import ListedImage
from resnetcam.sources.pictures import UnreadableImageError, read_file


def digest_of_files(images: Sequence[ListedImage], home: Path, threads: int) -> str:
    """Return the SHA-256 that ``digest_of_contents`` gives, of the files as they are now."""
    paths = [image.path for image in images]
    with ThreadPoolExecutor(threads) as pool:
        digests = pool.map(_sha256, paths)
        contents = dict(zip(logged_steps(paths, "files digested"), digests, strict=True))
    return digest_of_contents(images, contents, home)


def digest_of_contents(
    images: Iterable[ListedImage], contents: Mapping[Path, str], home: Path
) -> str:
    """Return the SHA-256 of one line an image: where it lies, what it is for, what it holds.

    Args:
        contents: the SHA-256 of each file, empty if it cannot be read.
        home: the folder that paths are written from, so that it may move.
    """
    digest = hashlib.sha256()
    for one in images:
        path = os.path.relpath(one.path, home)
        line = repr((path, one.label, one.split, one.group, contents[one.path]))
        digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except UnreadableImageError:
        return ""
