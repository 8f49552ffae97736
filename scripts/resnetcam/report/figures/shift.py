"""What becomes of the accuracy on corrupted images, and what such images look like."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.report.colors import GREY, ORANGE
from resnetcam.report.figures.canvas import drawing, short, whole_percent
from resnetcam.report.figures.page import Page
from resnetcam.shift.examples import SHOWN, Example
from resnetcam.shift.strengths import GROUPS, KINDS, STRENGTHS

# In inches: from row to row, between groups, above the rows and below them.
_PITCH, _GAP, _HEAD, _FOOT = 0.44, 0.09, 1.06, 0.42
_NAMES, _PICTURES, _CELLS, _MEANS = 1.66, 1.76, 3.3, 6.48  # from the left
_CELL, _MEAN = 0.62, 0.76  # wide
_FRAME = 0.03
# From what guessing reaches to what clean images do.
_COLORS = LinearSegmentedColormap.from_list("shift", ["#E58B57", "#F8F4EF", "#79B4DA"])


def corrupted_images(
    path: str | Path, found: Mapping[str, Any], example: Example, class_names: Sequence[str]
) -> None:
    """Draw the accuracy for each kind and strength of corruption beside one image of each.

    Args:
        path: of the PNG file.
        found: the content of ``shift.json``.
        example: of ``shift.h5``.
        class_names: C names.
    """
    rows = list(_rows(found))
    last = rows[-1][1] + _PITCH + _GAP
    height = last + _PITCH + _FOOT
    colors = _Colors(1 / len(class_names), found["clean"]["accuracy"])
    with drawing(path, height, layout=None) as figure:
        page = Page(figure)
        _draw_head(page, found, class_names[example.label])
        top = _HEAD
        _draw_name(page, top, "as they are")
        _draw_picture(page, top, 0, example.image, right=True)
        _draw_cell(page, _CELLS, top, 5 * _CELL, found["clean"]["accuracy"], colors)
        _draw_words(page, top, 1, whole_percent(found["clean"]["linear_accuracy"]), color=GREY)
        for number, (kind, top) in enumerate(rows):
            _draw_kind(page, top, kind, found["kinds"][kind], colors)
            for place, pixels in enumerate(example.corrupted[number]):
                right = bool(example.predicted[number, place] == example.label)
                _draw_picture(page, top, place, pixels, right=right)
        _draw_name(page, last, "all kinds")
        _draw_means(page, last, found, colors)
        _draw_groups(page, rows)
        _draw_foot(page, height)


class _Colors:
    """The colour of an accuracy between that of guessing and that on clean images."""

    def __init__(self, lowest: float, highest: float):
        self._norm = Normalize(lowest, max(highest, lowest + 1e-9), clip=True)

    def __call__(self, accuracy: float) -> tuple[float, float, float, float]:
        return _COLORS(float(self._norm(accuracy)))


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The kinds, group by group, and the top of the row of each."""
    top, group = _HEAD, None
    for kind, one in found["kinds"].items():
        top += _PITCH + (_GAP if one["group"] != group else 0)
        group = one["group"]
        yield kind, top


def _draw_head(page: Page, found: Mapping[str, Any], name: str) -> None:
    mean, error = found["accuracy"], found["mean_corruption_error"]
    images = counted(found["n"], "test image")
    page.text(
        0.08, 0.17,
        f"On average {mean['mean']:.1%} of {images} are recognised when they are corrupted, "
        f"{found['clean']['accuracy']:.1%} as they are",
        size=10, weight="bold",
    )  # fmt: skip
    page.text(
        0.08, 0.39,
        f"95% interval over images {mean['low']:.1%} to {mean['high']:.1%};  "
        f"mean corruption error {_written(error, 1)}",
        size=9,
    )  # fmt: skip
    for left, width, words in (
        (_CELLS, 5 * _CELL, "share that is recognised, by strength of the corruption"),
        (_PICTURES, 3 * _PITCH - 0.04, short(name, 18)),
    ):
        page.text(left + width / 2, 0.74, words, ha="center")
    for place, strength in enumerate(SHOWN):
        page.text(_PICTURES + (place + 0.5) * _PITCH - 0.02, 0.93, str(strength), ha="center")
    for place, strength in enumerate(STRENGTHS):
        page.text(_CELLS + (place + 0.5) * _CELL - 0.01, 0.93, str(strength), ha="center")
    for place, words in enumerate(("mean", "linear\nclassifier", "corruption\nerror")):
        middle = _MEANS + (place + 0.5) * _MEAN
        page.text(middle, 0.99, words, ha="center", va="bottom", linespacing=1.05)


def _draw_kind(page: Page, top: float, kind: str, one: Mapping[str, Any], colors: _Colors) -> None:
    _draw_name(page, top, KINDS[kind].title)
    linear = np.mean([row["linear_accuracy"] for row in one["strengths"]])
    _draw_cells(page, top, [row["accuracy"] for row in one["strengths"]], one["accuracy"], colors)
    _draw_words(page, top, 1, whole_percent(float(linear)), color=GREY)
    _draw_words(page, top, 2, _written(one["corruption_error"]))


def _draw_means(page: Page, top: float, found: Mapping[str, Any], colors: _Colors) -> None:
    """Over all kinds, strength by strength."""
    kinds = found["kinds"].values()
    table = np.array([[row["accuracy"] for row in one["strengths"]] for one in kinds])
    _draw_cells(page, top, table.mean(0).tolist(), found["accuracy"]["mean"], colors, weight="bold")
    _draw_words(page, top, 1, whole_percent(found["linear_accuracy"]), color=GREY, weight="bold")
    _draw_words(page, top, 2, _written(found["mean_corruption_error"]), weight="bold")


def _draw_cells(
    page: Page, top: float, shares: Sequence[float], mean: float, colors: _Colors, **how: Any
) -> None:
    for place, share in enumerate(shares):
        _draw_cell(page, _CELLS + place * _CELL, top, _CELL, share, colors, **how)
    _draw_cell(page, _MEANS + 0.04, top, _MEAN - 0.08, mean, colors, weight="bold")


def _draw_words(page: Page, top: float, place: int, words: str, **how: Any) -> None:
    """Write into a column right of the cells."""
    page.text(_MEANS + (place + 0.5) * _MEAN, top + _PITCH / 2, words, ha="center", **how)


def _written(error: float | None, digits: int = 0) -> str:
    return "not defined" if error is None else f"{error:.{digits}%}"


def _draw_name(page: Page, top: float, name: str) -> None:
    page.text(_NAMES, top + _PITCH / 2, name, ha="right", size=8.5)


def _draw_cell(
    page: Page, left: float, top: float, width: float, share: float, colors: _Colors, **how: Any
) -> None:
    page.bar(left, top, width - 0.02, _PITCH - 0.02, facecolor=colors(share))
    middle = left + width / 2 - 0.01, top + _PITCH / 2 - 0.01
    page.text(*middle, whole_percent(share), ha="center", size=9, color="black", **how)


def _draw_picture(
    page: Page, top: float, place: int, pixels: NDArray[np.uint8], *, right: bool
) -> None:
    """In a frame where the network takes it for another class."""
    left, side = _PICTURES + place * _PITCH, _PITCH - 0.04
    if not right:
        framed = side + 2 * _FRAME
        page.bar(left - _FRAME, top - _FRAME, framed, framed, facecolor=ORANGE, zorder=2)
    colored = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    page.panel(left, top, side).picture(colored, interpolation="nearest", zorder=3)


def _draw_groups(page: Page, rows: Sequence[tuple[str, float]]) -> None:
    for group in GROUPS:
        tops = [top for kind, top in rows if KINDS[kind].group == group]
        first, last = min(tops), max(tops) + _PITCH
        page.bar(0.28, first + 0.03, 0.02, last - first - 0.08, facecolor=GREY)
        page.text(0.16, (first + last) / 2, group, ha="center", rotation=90, color=GREY, size=9)


def _draw_foot(page: Page, height: float) -> None:
    line = height - 0.19
    page.bar(_PICTURES, line - 0.06, 0.12, 0.12, facecolor=ORANGE)
    page.text(_PICTURES + 0.18, line, "taken for another class", size=8)
    ends = (_CELLS + 0.7, "as by guessing"), (_CELLS + 3.12, "as on clean images")
    steps = np.linspace(0, 1, 60)
    for place, share in enumerate(steps):
        left = _CELLS + 1.65 + place * 1.4 / len(steps)
        page.bar(left, line - 0.06, 1.5 / len(steps), 0.12, facecolor=_COLORS(float(share)))
    for left, words in ends:
        page.text(left, line, words, size=8)
