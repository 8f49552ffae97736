"""Images, their maps and the most probable classes, one beside the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from numpy.typing import NDArray

from resnetcam.figures.canvas import (
    GREEN,
    GREY,
    ORANGE,
    draw_message,
    drawing,
    short,
    whole_percent,
)
from resnetcam.figures.explained import Explained, choose_examples, most_confidently_wrong
from resnetcam.figures.overlays import Look, draw_color_scale, draw_overlay


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
            path, f"None of the {len(explained.labels):,} explained test images is {kind}."
        )
        return
    correct = kind == "correctly classified"
    columns = ["image", "predicted = true class"] if correct else ["image", "predicted", "true"]
    rows = -(-len(chosen) // 2)
    height = rows * (1.6 if correct else 1.4) + 0.7
    with drawing(path, height, layout=None) as figure:
        grid = _example_grid(figure, rows, height)
        for place, position in enumerate(chosen):
            axes = _example_axes(figure, grid[place], columns, with_headings=place < 2)
            _draw_example(axes, explained.at(position), class_names, look)
        draw_color_scale(figure, look.colormap)


def _example_grid(figure: Figure, rows: int, height: float) -> GridSpec:
    """Two examples a row; 0.65 inches above are for headings, 0.35 below for the colour scale."""
    return figure.add_gridspec(
        rows,
        2,
        left=0.01,
        right=0.99,
        bottom=0.35 / height,
        top=1 - 0.65 / height,
        wspace=0.06,
        hspace=0.42,
    )


def _example_axes(
    figure: Figure, cell: SubplotSpec, columns: Sequence[str], with_headings: bool
) -> list[Axes]:
    """One axes for each column and a last one for the probabilities."""
    ratios = [1.0] * len(columns) + [1.25]
    grid = cell.subgridspec(1, len(ratios), width_ratios=ratios, wspace=0.06)
    axes = list(grid.subplots(squeeze=False)[0])
    for one, heading in zip(axes, [*columns, "most probable"], strict=True):
        one.set_axis_off()
        one.set_box_aspect(1)
        if with_headings:
            one.annotate(
                heading,
                (0.5, 1),
                (0, 26),
                xycoords="axes fraction",
                textcoords="offset points",
                ha="center",
                weight="bold",
                size=8.5,
            )
    axes[-1].set_box_aspect(1 / ratios[-1])
    return axes


def _draw_example(
    axes: Sequence[Axes], one: Explained, class_names: Sequence[str], look: Look
) -> None:
    picture, *overlays, bars = axes
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    picture.imshow(one.images[0], interpolation="nearest")
    picture.set_title(f"test {one.image_index[0]}\n{short(class_names[label])}", pad=3)
    maps = (one.predicted_maps[0], one.true_maps[0])
    for panel, raw_map, index in zip(overlays, maps, (prediction, label), strict=False):
        draw_overlay(panel, one.images[0], raw_map, look, one.regions[0])
        peak = f"peak {raw_map.max():.3g}"
        panel.set_title(f"{short(class_names[index])}\n{peak}", pad=3)
    _draw_probabilities(bars, one.probabilities[0], label, prediction, class_names)


def _draw_probabilities(
    axes: Axes,
    probabilities: NDArray[np.float32],
    label: int,
    prediction: int,
    class_names: Sequence[str],
) -> None:
    """Bars for the three most probable classes, and for the true one if it is not among them."""
    shown = list(np.argsort(-probabilities, kind="stable")[:3])
    shown += [] if label in shown else [label]
    for row, index in enumerate(shown):
        color = GREEN if index == label else ORANGE if index == prediction else GREY
        axes.barh(row, 1, 0.86, color="#f2f2f2")
        axes.barh(row, probabilities[index], 0.86, color=color, alpha=0.4)
        mark = "✓ " if index == label else ""
        axes.text(0.03, row, mark + short(class_names[index]), va="center", size=8)
        axes.text(0.97, row, whole_percent(probabilities[index]), va="center", ha="right", size=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(3.5, -0.5)
