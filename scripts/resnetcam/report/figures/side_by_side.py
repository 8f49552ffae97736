"""The same images explained at several layers, or by several methods; and the classes' means."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.explain.display import normalized, resize_bilinear
from resnetcam.explain.maps import Maps
from resnetcam.report.figures.canvas import WIDTH, drawing, short
from resnetcam.report.figures.explained import Explained, choose_examples
from resnetcam.report.figures.overlays import Look, draw_color_scale, draw_overlay, title_of_map
from resnetcam.report.figures.page import Page, Panel

# In inches: the page's margin, from picture to picture, between two examples of a row, and what
# the columns' headings and the words above a picture take.
_MARGIN, _GAP, _MIDDLE, _HEADINGS, _WORDS = 0.09, 0.05, 0.25, 0.5, 0.48
_MOST_CLASSES = 20
_LETTER = 0.065  # inches, of a name above a picture


def side_by_side(
    path: str | Path,
    explained: Explained,
    columns: Mapping[str, Maps],
    class_names: Sequence[str],
    look: Look,
    count: int = 6,
    seed: int = 0,
) -> None:
    """Draw random images, and beside each its map of every column.

    Args:
        explained: images that have maps in every column; others of it are left out.
        columns: maps by the column's heading.
        class_names: C names.
        count: of images; seed: of the draw (``choose_examples``).
    """
    drawable = np.all([np.isin(explained.image_index, m.image_index) for m in columns.values()], 0)
    chosen = choose_examples(explained.labels, drawable, count, seed)
    wide = len(columns) + 1
    abreast = 2 if wide <= 4 else 1
    share = (WIDTH - 2 * _MARGIN - (abreast - 1) * _MIDDLE) / abreast
    side = (share - (wide - 1) * _GAP) / wide
    rows, pitch = -(-len(chosen) // abreast), side + _WORDS
    with drawing(path, _HEADINGS + rows * pitch + 0.45, layout=None) as figure:
        page = Page(figure)
        for place, position in enumerate(chosen):
            row, half = divmod(place, abreast)
            left = _MARGIN + half * (share + _MIDDLE)
            top = _HEADINGS + row * pitch + _WORDS
            panels = [page.panel(left + i * (side + _GAP), top, side) for i in range(wide)]
            _draw_row(panels, explained.at(position), columns, class_names, look)
            if row == 0:
                _draw_headings(page, panels, columns)
        draw_color_scale(page, look, [maps.maps.shape for maps in columns.values()])


def class_means(
    path: str | Path,
    labels: NDArray[np.integer],
    maps: Maps,
    size: tuple[int, int],
    class_names: Sequence[str],
    colormap: str,
) -> None:
    """Draw the mean map of the images of each class, every map stretched to 0..1 before.

    Of more than 20 classes those are shown that have most images.

    Args:
        labels: unsigned integers (N,), the true classes of the test images.
        maps: for the true class.
        size: height and width of the images.
        class_names: C names.
        colormap: one of matplotlib's; all panels share it, from 0 to the highest mean.
    """
    stretched = normalized(resize_bilinear(maps.maps, *size))
    chosen = labels[maps.image_index]
    counts = np.bincount(chosen, minlength=len(class_names))
    present = np.sort(np.argsort(-counts, kind="stable")[: min(_MOST_CLASSES, (counts > 0).sum())])
    means = [stretched[chosen == index].mean(0) for index in present]
    rows, side, pitch = -(-len(present) // 5), 1.5, 1.95
    with drawing(path, rows * pitch + 0.4, layout=None) as figure:
        page = Page(figure)
        for place, (index, mean) in enumerate(zip(present, means, strict=True)):
            row, column = divmod(place, 5)
            left = _MARGIN + column * (WIDTH - 2 * _MARGIN - side) / 4
            panel = page.panel(left, row * pitch + 0.4, side)
            panel.picture(mean, cmap=colormap, vmin=0, vmax=np.max(means), interpolation="nearest")
            panel.title(f"{short(class_names[int(index)])}\n{counted(counts[index], 'image')}")
        ends = ("0", f"{np.max(means):.2f} of a map's peak")
        draw_color_scale(page, Look(colormap, overlay=1), ends=ends)


def _draw_row(
    panels: Sequence[Panel],
    one: Explained,
    columns: Mapping[str, Maps],
    class_names: Sequence[str],
    look: Look,
) -> None:
    picture, *overlays = panels
    label, prediction = int(one.labels[0]), int(one.predictions[0])
    picture.picture(one.images[0], interpolation="nearest")
    longest = int(picture.side / _LETTER)
    called = f", called\n{short(class_names[prediction], longest)}" if prediction != label else ""
    picture.title(f"test {one.image_index[0]}\n{short(class_names[label], longest)}{called}")
    for panel, maps in zip(overlays, columns.values(), strict=True):
        row = int(np.searchsorted(maps.image_index, one.image_index[0]))
        name, raw_map = class_names[int(maps.class_index[row])], maps.maps[row]
        draw_overlay(panel, one.images[0], raw_map, look, one.regions[0])
        panel.title(title_of_map(name, raw_map, longest))


def _draw_headings(page: Page, panels: Sequence[Panel], columns: Mapping[str, Maps]) -> None:
    """What each column is, broken so that it fits, and its maps' size."""
    for panel, (name, maps) in zip(panels[1:], columns.items(), strict=True):
        height, width = maps.maps.shape[1:]
        longest = int(panel.side / _LETTER)
        broken = "\n".join(short(part, longest) for part in name.split("_", 1))
        text = f"{broken}\n{height} × {width} cells"
        middle = panel.left + panel.side / 2
        page.text(middle, _HEADINGS, text, ha="center", va="bottom", weight="bold")
