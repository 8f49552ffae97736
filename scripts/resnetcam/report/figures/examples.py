"""Images, their maps and the most probable classes, one beside the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.report.colors import GREEN, GREY, ORANGE, SHADE
from resnetcam.report.figures.canvas import WIDTH, draw_message, drawing, short, whole_percent
from resnetcam.report.figures.explained import Explained, choose_examples, most_confidently_wrong
from resnetcam.report.figures.overlays import Look, draw_color_scale, draw_overlay, title_of_map
from resnetcam.report.figures.page import Page, Panel

# In inches: the page's margin, from picture to picture, between the two examples of a row, what
# headings take, and what the words above each picture take.
_MARGIN, _GAP, _MIDDLE, _HEADINGS, _WORDS = 0.09, 0.06, 0.25, 0.32, 0.36
_BARS = 1.25  # their width; a picture's is 1


def correct_examples(
    path: str | Path, explained: Explained, class_names: Sequence[str], look: Look, seed: int = 0
) -> None:
    """Draw ten correctly classified images at random, as ``choose_examples`` does."""
    correct = explained.predictions == explained.labels
    chosen = choose_examples(explained.labels, correct, seed=seed)
    _draw_examples(path, explained, chosen, class_names, look, "correctly classified")


def misclassified_examples(
    path: str | Path, explained: Explained, class_names: Sequence[str], look: Look, seed: int = 0
) -> None:
    """Draw ten misclassified images at random, with maps for the predicted and the true class."""
    wrong = explained.predictions != explained.labels
    chosen = choose_examples(explained.labels, wrong, seed=seed)
    _draw_examples(path, explained, chosen, class_names, look, "misclassified")


def confidently_wrong(
    path: str | Path, explained: Explained, class_names: Sequence[str], look: Look
) -> None:
    """Draw the ten misclassified images that the network is surest of, the surest first."""
    chosen = most_confidently_wrong(explained)
    _draw_examples(path, explained, chosen, class_names, look, "misclassified")


def _draw_examples(
    path: str | Path,
    explained: Explained,
    chosen: NDArray[np.int64],
    class_names: Sequence[str],
    look: Look,
    kind: str,
) -> None:
    """Correct ones have one map, since the predicted class is the true one; others have two."""
    if not len(chosen):
        draw_message(
            path, f"Of {counted(len(explained.labels), 'explained test image')} none is {kind}."
        )
        return
    correct = kind == "correctly classified"
    columns = ["image", "predicted = true class"] if correct else ["image", "predicted", "true"]
    side = _side_of_a_picture(len(columns))
    rows, pitch = -(-len(chosen) // 2), side + _WORDS + 0.08
    with drawing(path, _HEADINGS + rows * pitch + 0.35, layout=None) as figure:
        page = Page(figure)
        for place, position in enumerate(chosen):
            row, half = divmod(place, 2)
            left = _MARGIN + half * (page.width / 2 + _MIDDLE / 2 - _MARGIN)
            top = _HEADINGS + row * pitch + _WORDS
            panels = [page.panel(left + i * (side + _GAP), top, side) for i in range(len(columns))]
            _draw_maps(panels, explained.at(position), class_names, look)
            bars = page.panel(left + len(columns) * (side + _GAP), top, side)
            _draw_probabilities(page, bars, explained.at(position), class_names)
            if row == 0:
                _draw_headings(page, [*panels, bars], columns)
        draw_color_scale(page, look, [explained.predicted_maps.shape])


def _side_of_a_picture(count: int) -> float:
    """Inches; on half of the page are this many, and the bars."""
    half = WIDTH / 2 - _MARGIN - _MIDDLE / 2
    return (half - count * _GAP) / (count + _BARS)


def _draw_headings(page: Page, panels: Sequence[Panel], columns: Sequence[str]) -> None:
    widths = [1.0] * len(columns) + [_BARS]
    for panel, heading, width in zip(panels, [*columns, "most probable"], widths, strict=True):
        middle = panel.left + width * panel.side / 2
        page.text(middle, _HEADINGS - 0.08, heading, ha="center", weight="bold", size=8.5)


def _draw_maps(
    panels: Sequence[Panel], one: Explained, class_names: Sequence[str], look: Look
) -> None:
    picture, *overlays = panels
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    picture.picture(one.images[0], interpolation="nearest")
    picture.title(f"test {one.image_index[0]}\n{short(class_names[label])}")
    maps = (one.predicted_maps[0], one.true_maps[0])
    for panel, raw_map, index in zip(overlays, maps, (prediction, label), strict=False):
        draw_overlay(panel, one.images[0], raw_map, look, one.regions[0])
        panel.title(title_of_map(class_names[index], raw_map))


def _draw_probabilities(
    page: Page, place: Panel, one: Explained, class_names: Sequence[str]
) -> None:
    """Bars for the three most probable classes, and for the true one if it is not among them."""
    probabilities, label, prediction = one.probabilities[0], one.labels[0], one.predictions[0]
    shown = list(np.argsort(-probabilities, kind="stable")[:3])
    shown += [] if label in shown else [label]
    pitch, width = place.side / 4, _BARS * place.side
    for row, index in enumerate(shown):
        top = place.top + (row + 0.07) * pitch
        color = GREEN if index == label else ORANGE if index == prediction else GREY
        page.bar(place.left, top, width, 0.86 * pitch, color=SHADE)
        length = width * float(probabilities[index])
        page.bar(place.left, top, length, 0.86 * pitch, color=color, alpha=0.4)
        mark = "✓ " if index == label else ""
        middle, inset = top + 0.43 * pitch, 0.03 * width
        page.text(place.left + inset, middle, mark + short(class_names[index]))
        percent = whole_percent(probabilities[index])
        page.text(place.left + width - inset, middle, percent, ha="right")
