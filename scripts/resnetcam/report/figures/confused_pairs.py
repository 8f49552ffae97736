"""The pairs of classes that are taken for each other most often, with images of both."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import Rows
from resnetcam.common.wording import counted
from resnetcam.evaluation.predictions import confusion_matrix, softmax
from resnetcam.report.figures.canvas import WIDTH, draw_message, drawing, short, whole_percent
from resnetcam.report.figures.page import Page
from resnetcam.report.figures.shown_classes import most_confused

_MOST_IMAGES = 6
# In inches: the page's margin, from picture to picture, between the two halves; what a pair's
# heading takes, the words above a half and above a picture, and from one pair to the next.
_MARGIN, _GAP, _MIDDLE = 0.09, 0.06, 0.3
_HEADING, _DIRECTION, _WORDS, _APART = 0.32, 0.2, 0.29, 0.16
_HALF = (WIDTH - 2 * _MARGIN - _MIDDLE) / 2
_SIDE = (_HALF - (_MOST_IMAGES - 1) * _GAP) / _MOST_IMAGES
_PITCH = _HEADING + _DIRECTION + _WORDS + _SIDE + _APART


class Mistaken(NamedTuple):
    """Images of one class that are taken for another.

    Attributes:
        label, taken_for: the classes.
        number: how many they are; of: how many images the class has.
        shown: (K,), the positions of those that the network is surest of, the surest first.
        confidence: (K,), the probabilities of the class that they are taken for.
    """

    label: int
    taken_for: int
    number: int
    of: int
    shown: NDArray[np.integer]
    confidence: NDArray[np.floating]


def confused_pairs(
    path: str | Path,
    images: NDArray[np.uint8] | Rows,
    labels: NDArray[np.integer],
    logits: NDArray[np.float32],
    class_names: Sequence[str],
) -> None:
    """Draw images of one class that are taken for another, and the other way round.

    Of up to five pairs of classes, up to six images each way: those that the network is surest of.

    Args:
        path: of the PNG file.
        images: of the test set, uint8 (N, H, W, 3 or 1), or ``Rows`` of a file.
        labels: (N,), the true classes; logits: float32 (N, C).
        class_names: C names.
    """
    counts = confusion_matrix(labels, logits.argmax(1), len(class_names))
    pairs = most_confused(counts)
    if not pairs:
        draw_message(path, f"Of {counted(len(labels), 'test image')} none is misclassified.")
        return
    probabilities = softmax(logits)
    mistakes = int(counts.sum() - counts.trace())
    with drawing(path, _PITCH * len(pairs), layout=None) as figure:
        page = Page(figure)
        for row, (one, other) in enumerate(pairs):
            top = row * _PITCH
            ways = [_mistaken(probabilities, labels, *way) for way in ((one, other), (other, one))]
            _draw_heading(page, top, ways, mistakes, class_names)
            for left, way in zip((_MARGIN, _MARGIN + _HALF + _MIDDLE), ways, strict=True):
                _draw_way(page, left, top + _HEADING, way, images[way.shown], class_names)


def _mistaken(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], label: int, taken_for: int
) -> Mistaken:
    of_class = labels == label
    found = np.flatnonzero(of_class & (probabilities.argmax(1) == taken_for))
    shown = found[np.argsort(-probabilities[found, taken_for], kind="stable")][:_MOST_IMAGES]
    n = int(of_class.sum())
    return Mistaken(label, taken_for, len(found), n, shown, probabilities[shown, taken_for])


def _draw_heading(
    page: Page, top: float, ways: Sequence[Mistaken], mistakes: int, class_names: Sequence[str]
) -> None:
    number = sum(way.number for way in ways)
    names = " and ".join(short(class_names[way.label], 30) for way in ways)
    of_all = whole_percent(number / mistakes)
    text = f"{names}: {counted(number, 'mistake')}, {of_all} of all"
    page.text(_MARGIN, top + 0.19, text, weight="bold", size=10)


def _draw_way(
    page: Page,
    left: float,
    top: float,
    way: Mistaken,
    images: NDArray[np.uint8],
    class_names: Sequence[str],
) -> None:
    """Half of a pair: ``left`` and ``top`` are of its upper left corner."""
    label, other = (short(class_names[index], 18) for index in (way.label, way.taken_for))
    share = f" ({way.number / way.of:.1%})" if way.of else ""
    text = f"{label} taken for {other}: {way.number:,} of {way.of:,}{share}"
    page.text(left, top + 0.08, text, size=8.5)
    top += _DIRECTION + _WORDS
    for place, (image, index) in enumerate(zip(images, way.shown, strict=True)):
        panel = page.panel(left + place * (_SIDE + _GAP), top, _SIDE)
        colours = np.broadcast_to(image, (*image.shape[:2], 3))
        panel.picture(colours, interpolation="nearest")
        sure = whole_percent(float(way.confidence[place]))
        panel.title(f"test {index}\n{sure}", pad=2, size=7)
