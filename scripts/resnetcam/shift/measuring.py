"""Corrupt test images, and ask the network and the linear classifier about them."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import Rows
from resnetcam.common.steps import logged_steps
from resnetcam.shift.corruptions import corrupted
from resnetcam.shift.examples import SHOWN, Example
from resnetcam.shift.scoring import Answers
from resnetcam.shift.strengths import KINDS, STRENGTHS

_IMAGES, _VALUES = 500, 2**22  # at a time, at most; a corruption needs several floats a value

Images = NDArray[np.uint8]


def ask(
    images: Images | Rows,
    numbers: Sequence[int],
    logits_of: Callable[[Images], NDArray[np.float32]],
    classes_of: Callable[[Images], NDArray[np.integer]],
) -> tuple[Answers, dict[str, list[Answers]]]:
    """Return what is said of images as they are, and of each kind and strength of corruption.

    They are corrupted a part of them at a time, so no more than that is in memory.

    Args:
        images: uint8 (N, H, W, C), or such ``Rows`` of a file, N > 0.
        numbers: of the images, which decide what is random in their corruptions.
        logits_of: of a network, float32 (n, C); classes_of: of the linear classifier, (n,).

    Returns:
        The answers for the images themselves; and by kind, a list of those of each strength.
    """
    step = min(_IMAGES, max(1, _VALUES // int(np.prod(images.shape[1:]))))
    states = [("", 0), *itertools.product(KINDS, STRENGTHS)]
    found: dict[tuple[str, int], list[Answers]] = {state: [] for state in states}
    work = list(itertools.product(range(0, len(images), step), states))
    part = np.zeros(0, np.uint8)
    for first, (kind, strength) in logged_steps(work, "images corrupted", min(step, len(images))):
        if not kind:
            part = images[first : first + step]
        seen = corrupted(kind, part, strength, numbers[first : first + step]) if kind else part
        found[kind, strength].append(Answers(logits_of(seen), classes_of(seen)))
    whole = {state: _together(answers) for state, answers in found.items()}
    by_kind = {kind: [whole[kind, strength] for strength in STRENGTHS] for kind in KINDS}
    return whole["", 0], by_kind


def example(
    images: Images | Rows,
    numbers: Sequence[int],
    labels: NDArray[np.integer],
    clean: Answers,
    by_kind: dict[str, list[Answers]],
) -> Example:
    """Return the first image that the network recognises, or else the first, with its corruptions.

    Args:
        images: uint8 (N, H, W, C); numbers, labels: (N,).
        clean, by_kind: what ``ask`` returns of them.
    """
    row = int(np.argmax(clean.logits.argmax(1) == labels))
    image, number = images[row : row + 1], numbers[row]
    pixels = [[corrupted(kind, image, one, [number])[0] for one in SHOWN] for kind in KINDS]
    named = [[by_kind[kind][one - 1].logits[row].argmax() for one in SHOWN] for kind in KINDS]
    return Example(number, int(labels[row]), image[0], np.array(pixels), np.array(named))


def _together(answers: list[Answers]) -> Answers:
    return Answers(*(np.concatenate(values) for values in zip(*answers, strict=True)))
