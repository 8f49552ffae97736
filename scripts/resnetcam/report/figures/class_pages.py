"""A page for each class: which images it recognises, which it misses, which are taken for it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnetcam.report.figures.canvas import drawing, short, whole_percent
from resnetcam.report.figures.explained import Explained
from resnetcam.report.figures.overlays import Look, draw_color_scale, draw_overlay
from resnetcam.report.figures.page import Page, Panel

_COLUMNS, _ROWS = 5, 2
# In inches: a picture's side, from one row of them to the next, what a heading takes, the margin.
_SIDE, _PITCH, _HEADING, _MARGIN = 0.835, 1.17, 0.57, 0.09


def class_page(
    path: str | Path, index: int, explained: Explained, class_names: Sequence[str], look: Look
) -> None:
    """Draw up to ten images each, at random: recognised, missed, and taken for this class.

    Every image stands beside its map for this class, under the class's name and probability: what
    speaks for it, there or not.

    Args:
        index: of the class; explained: all images that have maps; class_names: C names.
    """
    is_class, called = explained.labels == index, explained.predictions == index
    name = short(class_names[index])
    blocks = [
        (f"{name}, predicted {name}", is_class & called, explained.true_maps),
        (f"{name}, predicted another class", is_class & ~called, explained.true_maps),
        (f"Another class, predicted {name}", ~is_class & called, explained.predicted_maps),
    ]
    shown = [_some(eligible) for _, eligible, _ in blocks]
    heights = [_HEADING + _PITCH * -(-len(positions) // _COLUMNS) for positions in shown]
    with drawing(path, sum(heights) + 0.45, layout=None, as_svg=False) as figure:
        page, top = Page(figure), 0.0
        for (title, eligible, maps), positions, height in zip(blocks, shown, heights, strict=True):
            heading = f"{title}: {eligible.sum():,}"
            page.text(_MARGIN, top + 0.17, heading, weight="bold", size=10)
            for place, position in enumerate(positions):
                pair = _pair_of_panels(page, top + _HEADING, place)
                _draw_pair(pair, explained.at(position), maps[position], index, class_names, look)
            top += height
        draw_color_scale(page, look, [explained.true_maps.shape])


def _pair_of_panels(page: Page, top: float, place: int) -> tuple[Panel, Panel]:
    """Two squares side by side, in a block of pairs whose first row begins at ``top``."""
    row, column = divmod(place, _COLUMNS)
    top += row * _PITCH
    left = _MARGIN + column * (page.width - 2 * _MARGIN + 0.05) / _COLUMNS
    return page.panel(left, top, _SIDE), page.panel(left + _SIDE + 0.02, top, _SIDE)


def _draw_pair(
    panels: tuple[Panel, Panel],
    one: Explained,
    raw_map: NDArray[np.float32],
    index: int,
    class_names: Sequence[str],
    look: Look,
) -> None:
    picture, panel = panels
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    about = ""
    if label != prediction:
        word, other = ("predicted", prediction) if label == index else ("true", label)
        about = f"\n{word} {short(class_names[other], 11)}"
    picture.picture(one.images[0], interpolation="nearest")
    picture.title(f"test {one.image_index[0]}{about}", pad=2, size=7)
    draw_overlay(panel, one.images[0], raw_map, look, one.regions[0])
    sure = whole_percent(one.probabilities[0, index])
    panel.title(f"{short(class_names[index], 11)}\n{sure}", pad=2, size=7)


def _some(eligible: NDArray[np.bool_]) -> NDArray[np.int64]:
    generator = np.random.Generator(np.random.Philox(key=[0, 0xC1A5]))
    return np.sort(generator.permutation(np.flatnonzero(eligible))[: _ROWS * _COLUMNS])
