"""Choose images from every class its share, by a seed: to test on, or to choose the epoch on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError

_STREAM = 0x5911


def stratified_choice(
    labels: NDArray[Any], size: int, seed: int, class_names: Sequence[str], key: str
) -> NDArray[np.uint32]:
    """Choose ``size`` indices, from every class its share (largest remainders), in rising order.

    Args:
        labels: (N,), indices into ``class_names``.
        key: what asked for them, to be named in what is wrong.

    Raises:
        InputError: if a class would be empty on either side.
    """
    counts = np.bincount(labels, minlength=len(class_names))
    quotas = _quotas(counts, size)
    for name, quota, count in zip(class_names, quotas, counts, strict=True):
        if not 0 < quota < count:
            raise _leaves_empty(key, size, len(labels), name, count)
    generator = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    chosen = [
        generator.permutation(np.flatnonzero(labels == label))[:quota]
        for label, quota in enumerate(quotas)
    ]
    return np.sort(np.concatenate(chosen)).astype(np.uint32)


def grouped_choice(
    labels: NDArray[Any],
    groups: Sequence[str],
    size: int,
    seed: int,
    class_names: Sequence[str],
    key: str,
) -> NDArray[np.uint32]:
    """Choose about ``size`` indices so that no group is on both sides, each class near its share.

    Groups are taken in random order, the largest first, wherever they bring the classes nearer to
    their shares; so the number comes out as near as groups allow.

    Args:
        groups: what each image belongs to; an image without one stands for itself.

    Raises:
        InputError: if a class would be empty on either side.
    """
    names = [group or f"\0{index}" for index, group in enumerate(groups)]
    _, group_of = np.unique(names, return_inverse=True)
    members = np.split(np.argsort(group_of, kind="stable"), np.cumsum(np.bincount(group_of))[:-1])
    lacking = _quotas(np.bincount(labels, minlength=len(class_names)), size)
    generator = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    chosen: list[int] = []
    for group in sorted(generator.permutation(len(members)), key=lambda one: -len(members[one])):
        classes, numbers = np.unique(labels[members[group]], return_counts=True)
        before, after = lacking[classes], lacking[classes] - numbers
        if (after**2).sum() < (before**2).sum():
            lacking[classes] = after
            chosen += members[group].tolist()
    counts = np.bincount(labels, minlength=len(class_names))
    held = np.bincount(labels[chosen], minlength=len(class_names))
    for name, quota, count in zip(class_names, held, counts, strict=True):
        if not 0 < quota < count:
            raise _leaves_empty(key, size, len(labels), name, count, " in groups of the table")
    return np.sort(np.array(chosen, np.uint32))


def _quotas(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """How many of each class, by largest remainders."""
    exact = counts * size / counts.sum()
    quotas = np.floor(exact).astype(int)
    largest_remainders = np.argsort(quotas - exact, kind="stable")[: size - quotas.sum()]
    quotas[largest_remainders] += 1
    return quotas


def _leaves_empty(
    key: str, size: int, images: int, name: str, count: int, how: str = ""
) -> InputError:
    return InputError(
        f"{key}: {size:,} of {images:,} images leave the class {name!r} empty on one side; it has "
        f"{count:,}{how}. Choose another number, or add images of it."
    )
