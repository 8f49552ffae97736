"""A page for each class: whom it recognises, whom it misses, and whom it takes for its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from resnetcam.figures.canvas import draw_message, drawing, short, whole_percent
from resnetcam.figures.explained import Explained
from resnetcam.figures.overlays import Look, draw_color_scale, draw_overlay

_COLUMNS, _ROWS = 5, 2


def class_page(
    path: str | Path, index: int, explained: Explained, class_names: Sequence[str], look: Look
) -> None:
    """Draw up to ten images each, at random: recognised, missed, and taken for this class.

    Every image stands beside its map for this class: what speaks for it, there or not.

    Args:
        index: of the class; explained: all images that have maps; class_names: C names.
    """
    if index >= len(class_names):
        draw_message(path, f"There is no class {index}: the data set has {len(class_names)}.")
        return
    is_class, called = explained.labels == index, explained.predictions == index
    name = short(class_names[index])
    blocks = [
        (f"{name}, and called so", is_class & called, explained.true_maps),
        (f"{name}, but called something else", is_class & ~called, explained.true_maps),
        (f"Something else, but called {name}", ~is_class & called, explained.predicted_maps),
    ]
    shown = [_some(eligible) for _, eligible, _ in blocks]
    heights = [0.5 + 1.1 * -(-len(positions) // _COLUMNS) for positions in shown]
    height = sum(heights) + 0.45
    top = height
    with drawing(path, height, layout=None) as figure:
        for (title, eligible, maps), positions, block in zip(blocks, shown, heights, strict=True):
            heading = f"{title}: {eligible.sum():,}"
            figure.text(0.01, 1 - (height - top + 0.2) / height, heading, weight="bold", size=10)
            for place, position in enumerate(positions):
                row, column = divmod(place, _COLUMNS)
                corner = (0.01 + column * 0.197, (top - 0.5 - row * 1.1) / height)
                pair = _pair_of_axes(figure, corner)
                _draw_pair(pair, explained.at(position), maps[position], index, class_names, look)
            top -= block
        draw_color_scale(figure, look.colormap)


def _pair_of_axes(figure: Figure, corner: tuple[float, float]) -> list[Axes]:
    """Two squares side by side; the corner is the upper left one, in shares of the figure."""
    left, upper = corner
    width = 0.095
    tall = width * figure.get_figwidth() / figure.get_figheight()
    return [figure.add_axes((left + i * 0.097, upper - tall, width, tall)) for i in (0, 1)]


def _draw_pair(
    axes: Sequence[Axes],
    one: Explained,
    raw_map: NDArray[np.float32],
    index: int,
    class_names: Sequence[str],
    look: Look,
) -> None:
    picture, panel = axes
    picture.imshow(one.images[0], interpolation="nearest")
    picture.set_title(f"test {one.image_index[0]}", pad=2, size=7)
    draw_overlay(panel, one.images[0], raw_map, look, one.regions[0])
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    other = prediction if label == index else label
    sure = whole_percent(one.probabilities[0, index])
    text = sure if other == index else short(class_names[other], 12)
    panel.set_title(text, pad=2, size=7)
    for panel in axes:
        panel.set_axis_off()


def _some(eligible: NDArray[np.bool_]) -> NDArray[np.int64]:
    generator = np.random.Generator(np.random.Philox(key=[0, 0xC1A5]))
    return np.sort(generator.permutation(np.flatnonzero(eligible))[: _ROWS * _COLUMNS])
