"""Read the images of an archive or folder in any of the layouts."""

from collections.abc import Callable
from pathlib import Path

from resnetcam.sources.cifar import PARTS, read_archive
from resnetcam.sources.idx import CLASS_NAMES, read_idx
from resnetcam.sources.labelled_images import LabelledImages

_READERS: dict[str, Callable[[str | Path, int, int, str], LabelledImages]] = {
    **dict.fromkeys(PARTS, read_archive),
    **dict.fromkeys(CLASS_NAMES, read_idx),
}


def read_images(
    path: str | Path, layout: str, train_images: int, test_images: int
) -> LabelledImages:
    """Return so many images of a layout, one of ``layouts.LAYOUTS``; nothing of it is executed.

    Raises:
        InputError: the source is not in this layout, is damaged, or holds another number of images.
    """
    return _READERS[layout](path, train_images, test_images, layout)
