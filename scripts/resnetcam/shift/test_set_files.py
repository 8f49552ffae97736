"""Further test sets that are image files, in a folder or a table."""

import logging
from collections.abc import Sequence
from pathlib import Path

from resnetcam.common.wording import shown
from resnetcam.shift.test_sets import FurtherSet, numbers_of_classes
from resnetcam.sources.colouring import coloured
from resnetcam.sources.decoding import decode, refuse_unreadable
from resnetcam.sources.listing import list_test_images

logger = logging.getLogger(__name__)


def of_files(
    source: str | Path,
    image_shape: Sequence[int],
    class_names: Sequence[str],
    fit: str,
    unreadable: str,
    scratch: Path,
    processes: int,
) -> FurtherSet:
    """Decode image files to what a data set's own became; their pixels lie in ``scratch``.

    Args:
        source: a folder with one sub-folder a class, or a table (docs/images.md).
        image_shape: (H, W, C) of the data set's images, which are square.
        fit: what becomes of one that is no square (``pictures.decode_picture``).
        unreadable: ``refuse`` or ``skip`` files that cannot be read.
        processes: how many decode at once.

    Raises:
        InputError: naming the file, class or row that is not as expected.
    """
    listing = list_test_images(source)
    numbers_of_classes(source, [one.label for one in listing.images], class_names)
    for path in listing.ignored:
        logger.warning("%s belongs to no class and is left out", shown(path))
    side, _, channels = image_shape
    decoded = decode(listing.images, side, fit, scratch, processes)
    if unreadable == "refuse" or not decoded.images:
        refuse_unreadable(source, decoded.unreadable, len(listing.images))
    for one in decoded.unreadable:
        logger.warning("%s", one)
    pixels, lost = coloured(decoded.pixels, channels, scratch / "coloured")
    if any(lost):
        logger.warning("%d images lost their colours, as the data set has none", sum(lost))
    labels = numbers_of_classes(source, [one.label for one in decoded.images], class_names)
    return FurtherSet(pixels, labels, len(decoded.unreadable))
