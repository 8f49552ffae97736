"""From decoded files to images to train and to test on, where nobody said which are which."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import Rows
from resnetcam.data.protocols import share_or_number
from resnetcam.data.splitting import grouped_choice, stratified_choice
from resnetcam.sources.decoding import Decoded
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.listing import TEST, VALIDATION


class Divided(NamedTuple):
    """Images to train and to test on, and the perceptual hashes of both, uint64 (N,) and (M,)."""

    images: LabelledImages
    train_hashes: NDArray[np.uint64]
    test_hashes: NDArray[np.uint64]


def divide(
    decoded: Decoded, class_names: Sequence[str], test_images: float, split_seed: int
) -> Divided:
    """Divide images as they were said to be or, where nobody said, by classes, groups and a seed.

    Args:
        test_images: how many to test on, or what share, where nobody said.

    Raises:
        InputError: if a class would be empty on either side.
    """
    labels = _labels(decoded, class_names)
    splits = np.array([one.split for one in decoded.images])
    groups = [one.group for one in decoded.images]
    if TEST in splits:
        tests = np.flatnonzero(splits == TEST).astype(np.uint32)
    else:
        size = share_or_number(test_images, len(labels))
        asked = size, split_seed, class_names, "test_images"
        tests = (
            grouped_choice(labels, groups, *asked)
            if any(groups)
            else stratified_choice(labels, *asked)
        )
    trains = np.setdiff1d(np.arange(len(labels), dtype=np.uint32), tests)
    said = np.flatnonzero(splits[trains] == VALIDATION).astype(np.uint32)
    files = [str(one.path) for one in decoded.images]
    images = LabelledImages(
        cast("NDArray[np.uint8]", Rows(decoded.pixels, trains)),
        labels[trains],
        cast("NDArray[np.uint8]", Rows(decoded.pixels, tests)),
        labels[tests],
        tuple(class_names),
        tuple(files[index] for index in trains),
        tuple(files[index] for index in tests),
        tuple(groups[index] for index in trains),
        said if len(said) else None,
    )
    return Divided(images, decoded.hashes[trains], decoded.hashes[tests])


def _labels(decoded: Decoded, class_names: Sequence[str]) -> NDArray[Any]:
    index = {name: number for number, name in enumerate(class_names)}
    kind = np.uint8 if len(class_names) <= 256 else np.uint16
    return np.array([index[one.label] for one in decoded.images], kind)
