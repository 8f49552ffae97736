"""The images whose labels look wrong, under what they are labelled and what they are taken for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.label_candidates import HELD_OUT, TEST, TRAINING, LabelledSet
from resnetcam.report.colors import BLUE, GREY
from resnetcam.report.figures.canvas import WIDTH, draw_message, drawing, short, whole_percent
from resnetcam.report.figures.page import Page

_MOST = {TEST: 20, HELD_OUT: 10, TRAINING: 10}
_TITLES = {
    TEST: "Test images",
    HELD_OUT: "Held-out training images",
    TRAINING: "Training images, whose labels the networks learned",
}
_COLUMNS = 10
# In inches: the page's margin, from picture to picture, what a heading takes, what the words above
# and below each picture take.
_MARGIN, _GAP, _HEADING, _ABOVE, _BELOW = 0.09, 0.1, 0.36, 0.17, 0.42
_SIDE = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
_PITCH = _ABOVE + _SIDE + _BELOW
_LONGEST = 11  # letters below a picture


def label_candidates(path: str | Path, sets: Sequence[LabelledSet], data: DatasetReader) -> None:
    """Draw the candidates of each set that are the surest, 20 test images and 10 of the others.

    Args:
        path: of the PNG file.
        sets: of one experiment; data: where their images are.
    """
    shown = [one for one in sets if len(one.doubts.candidates)]
    if not shown:
        images = counted(sum(len(one.labels) for one in sets), "image")
        draw_message(path, f"Of {images} no label is doubted.")
        return
    rows = [-(-min(_MOST[one.name], len(one.doubts.candidates)) // _COLUMNS) for one in shown]
    with drawing(path, sum(_HEADING + _PITCH * n for n in rows) + 0.05, layout=None) as figure:
        page, top = Page(figure), 0.0
        for one, count in zip(shown, rows, strict=True):
            page.text(_MARGIN, top + 0.19, _heading(one), weight="bold", size=9.5)
            _draw_set(page, top + _HEADING, one, data)
            top += _HEADING + _PITCH * count


def _heading(one: LabelledSet) -> str:
    number, total = len(one.doubts.candidates), len(one.labels)
    drawn = (
        f"; the {_MOST[one.name]} whose label is least probable" if number > _MOST[one.name] else ""
    )
    return f"{_TITLES[one.name]}: {counted(number, 'candidate')} of {total:,}{drawn}"


def _draw_set(page: Page, top: float, one: LabelledSet, data: DatasetReader) -> None:
    """In rows of ten, whose first begins at ``top``."""
    places = one.doubts.candidates[: _MOST[one.name]]
    pixels = data.rows(one.images)[one.numbers[places]]
    for number, (place, image) in enumerate(zip(places.tolist(), pixels, strict=True)):
        row, column = divmod(number, _COLUMNS)
        left = _MARGIN + column * (_SIDE + _GAP)
        panel = page.panel(left, top + row * _PITCH + _ABOVE, _SIDE)
        panel.picture(_coloured(image), interpolation="nearest")
        label, suggestion = int(one.labels[place]), int(one.doubts.suggestions[number])
        sure = whole_percent(one.probabilities[place, suggestion])
        above, below = panel.top - 0.08, panel.top + _SIDE + 0.1
        page.text(left, above, f"{one.numbers[place]}", size=7, color=GREY)
        page.text(left + _SIDE, above, sure, ha="right", size=7, color=BLUE)
        page.text(left, below, short(data.class_names[label], _LONGEST + 2), size=7)
        name = f"→ {short(data.class_names[suggestion], _LONGEST)}"
        page.text(left, below + 0.135, name, size=7, color=BLUE, weight="bold")


def _coloured(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(image, (*image.shape[:2], 3))
