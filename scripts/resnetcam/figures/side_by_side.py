"""The same images explained at several layers, or by several methods; and the classes' means."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from resnetcam.cam import normalized, resize_bilinear
from resnetcam.figures.canvas import drawing, short
from resnetcam.figures.explained import Explained, choose_examples
from resnetcam.figures.overlays import Look, draw_color_scale, draw_overlay
from resnetcam.maps import Maps

_EXAMPLES = 6


def side_by_side(
    path: str | Path,
    explained: Explained,
    columns: Mapping[str, Maps],
    class_names: Sequence[str],
    look: Look,
    seed: int = 0,
) -> None:
    """Draw six random images, and over each its map of every column.

    Args:
        explained: images that have maps in every column; others of it are left out.
        columns: maps by the column's heading.
        class_names: C names.
        seed: of the draw (``choose_examples``).
    """
    drawable = np.all([np.isin(explained.image_index, m.image_index) for m in columns.values()], 0)
    chosen = choose_examples(explained.labels, drawable, _EXAMPLES, seed)
    wide = len(columns) + 1
    abreast = 2 if wide <= 4 else 1
    rows = -(-len(chosen) // abreast)
    side = 8.5 / (wide * abreast)
    height = rows * (side + 0.4) + 0.75
    with drawing(path, height, layout=None) as figure:
        bottom, top = 0.45 / height, 1 - 0.7 / height
        grid = figure.add_gridspec(
            rows, abreast, left=0.01, right=0.99, bottom=bottom, top=top, wspace=0.06, hspace=0.35
        )
        for place, position in enumerate(chosen):
            axes = list(grid[place].subgridspec(1, wide, wspace=0.05).subplots(squeeze=False)[0])
            _draw_row(axes, explained.at(position), columns, class_names, look)
            if place < abreast:
                headings = (_heading(name, maps) for name, maps in columns.items())
                for one, heading in zip(axes[1:], headings, strict=True):
                    one.set_title(heading, pad=4, size=8, weight="bold")
        draw_color_scale(figure, look.colormap)


def class_means(
    path: str | Path,
    labels: NDArray[np.uint8],
    maps: Maps,
    size: tuple[int, int],
    class_names: Sequence[str],
    colormap: str,
) -> None:
    """Draw the mean map of the images of each class, every map stretched to 0..1 before.

    Args:
        labels: uint8 (N,), the true classes of the test images.
        maps: for the true class.
        size: height and width of the images.
        class_names: C names.
        colormap: one of matplotlib's; all panels share it, from 0 to the highest mean.
    """
    stretched = normalized(resize_bilinear(maps.maps, *size))
    chosen = labels[maps.image_index]
    counts = np.bincount(chosen, minlength=len(class_names))
    present = np.flatnonzero(counts)
    means = [stretched[chosen == index].mean(0) for index in present]
    rows = -(-len(present) // 5)
    height = rows * 1.95 + 0.5
    with drawing(path, height, layout=None) as figure:
        grid = figure.add_gridspec(
            rows, 5, left=0.01, right=0.99, bottom=0.45 / height, top=1 - 0.35 / height, hspace=0.25
        )
        for place, (index, mean) in enumerate(zip(present, means, strict=True)):
            axes = figure.add_subplot(grid[place])
            axes.imshow(mean, cmap=colormap, vmin=0, vmax=np.max(means), interpolation="nearest")
            axes.set_title(f"{short(class_names[int(index)])}\n{counts[index]:,} images", pad=3)
            axes.set_axis_off()
        draw_color_scale(figure, colormap, ("0", f"{np.max(means):.2f} of a map's peak"))


def _draw_row(
    axes: Sequence[Axes],
    one: Explained,
    columns: Mapping[str, Maps],
    class_names: Sequence[str],
    look: Look,
) -> None:
    picture, *panels = axes
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    picture.imshow(one.images[0], interpolation="nearest")
    called = f", called\n{short(class_names[prediction])}" if prediction != label else ""
    picture.set_title(f"test {one.image_index[0]}\n{short(class_names[label])}{called}", pad=3)
    for panel, maps in zip(panels, columns.values(), strict=True):
        row = int(np.searchsorted(maps.image_index, one.image_index[0]))
        draw_overlay(panel, one.images[0], maps.maps[row], look, one.regions[0])
    for panel in axes:
        panel.set_axis_off()


def _heading(name: str, maps: Maps) -> str:
    """A method's or a layer's name, which is broken so that it fits, and the maps' size."""
    height, width = maps.maps.shape[1:]
    broken = name.replace("_", "\n", 1)
    return f"{broken}\n{height} × {width} cells"
