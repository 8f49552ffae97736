"""How the maps of the same image agree from seed to seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from resnetcam.common.rows import Rows
from resnetcam.explain.display import is_flat
from resnetcam.explain.table_of_agreement import Agreement
from resnetcam.report.colors import BLUE, GREY, ORANGE
from resnetcam.report.figures.canvas import WIDTH, draw_message, drawing, short
from resnetcam.report.figures.overlays import Look, draw_color_scale, draw_overlay
from resnetcam.report.figures.page import Page, Panel

# In inches: the page's margin, between blocks, from picture to picture, the histogram and what lies
# above it and below, a block's heading, and the words above each row of pictures.
_MARGIN, _MIDDLE, _GAP, _HISTOGRAM, _AROUND, _HEADING, _WORDS = 0.09, 0.3, 0.04, 1.5, 1.0, 0.2, 0.36
_MOST_SEEDS, _ROWS = 4, 3
_BINS = 40
_LETTER = 0.062  # inches, of a class's name


def agreement_of_seeds(
    path: str | Path,
    images: NDArray[np.uint8] | Rows,
    numbers: NDArray[np.integer],
    names: Sequence[str],
    maps: Mapping[int, NDArray[np.float32]],
    of_images: Agreement,
    scores: Mapping[str, Any],
    look: Look,
) -> None:
    """Draw how far maps agree, and the images of which they agree most, middling and least.

    Args:
        path: of the PNG file.
        images: uint8 (N, H, W, 3 or 1); numbers: their positions in the test set, (N,); names:
            their classes.
        maps: by seed, float32 (N, h, w), of the true class; of more than four the first four are
            shown.
        of_images: the agreement of each image; scores: of ``agreement.json``.
    """
    shown = dict(list(maps.items())[:_MOST_SEEDS])
    flat = np.any([is_flat(one) for one in maps.values()], axis=0)
    order = np.flatnonzero(~flat)
    if not len(order):
        draw_message(path, "Of each image some seed's map is flat, so there is nothing to compare.")
        return
    order = order[np.argsort(-of_images.correlation[order], kind="stable")]
    block = (WIDTH - 2 * _MARGIN - 2 * _MIDDLE) / 3
    side = (block - len(shown) * _GAP) / (len(shown) + 1)
    top = _HISTOGRAM + _AROUND
    with drawing(path, top + _HEADING + _ROWS * (side + _WORDS) + 0.4, layout=None) as figure:
        page = Page(figure)
        below = page.height - _HISTOGRAM - 0.35
        box = (0.6 / WIDTH, below / page.height, 1 - 0.8 / WIDTH, _HISTOGRAM / page.height)
        _draw_distribution(figure.add_axes(box), of_images.correlation[order], scores)
        for place, (heading, rows) in enumerate(_examples(order).items()):
            left = _MARGIN + place * (block + _MIDDLE)
            page.text(left, top + 0.05, heading, weight="bold", size=8.5)
            for row, index in enumerate(rows):
                y = top + _HEADING + row * (side + _WORDS) + _WORDS
                panels = [
                    page.panel(left + i * (side + _GAP), y, side) for i in range(len(shown) + 1)
                ]
                picture = np.broadcast_to(images[index], (*images.shape[1:3], 3))
                _draw_row(panels, picture, {s: m[index] for s, m in shown.items()}, look)
                of_image = f"test {numbers[index]}, ρ = {of_images.correlation[index]:.2f}"
                page.text(left, y - 0.23, of_image, size=7)
                page.text(left, y - 0.09, short(names[index], int(side / _LETTER)), size=7)
        draw_color_scale(page, look, [next(iter(maps.values())).shape])


def _examples(order: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    """Images by how far their maps agree, of those in the order of it."""
    middle = max(0, len(order) // 2 - _ROWS // 2)
    return {
        "agree most": order[:_ROWS],
        "around the median": order[middle : middle + _ROWS],
        "agree least": order[-_ROWS:],
    }


def _draw_row(
    panels: Sequence[Panel],
    image: NDArray[np.uint8],
    maps: Mapping[int, NDArray[np.float32]],
    look: Look,
) -> None:
    panels[0].picture(image, interpolation="nearest")
    for panel, (seed, one) in zip(panels[1:], maps.items(), strict=True):
        draw_overlay(panel, image, one, look)
        panel.title(f"seed {seed}", pad=2, size=7)


def _draw_distribution(
    axes: Axes, correlations: NDArray[np.float64], scores: Mapping[str, Any]
) -> None:
    """A histogram of the images, and the means that it is to be compared with."""
    edges = np.linspace(-1, 1, _BINS + 1).tolist()
    axes.hist(correlations, bins=edges, color=BLUE, alpha=0.35)
    default = next(iter(scores["methods"].values()))
    lines = {
        "same_image": ("the same image, two seeds", BLUE, "-"),
        "other_image": ("two images, the same seed", ORANGE, "--"),
        "randomised": ("the same image, trained and random network", GREY, ":"),
    }
    means = {key: default[key]["correlation"]["mean"] for key in lines if default[key]}
    for key, mean in means.items():
        label, color, style = lines[key]
        axes.axvline(mean, color=color, linestyle=style, lw=1.8, label=f"{label}: {mean:.2f}")
    axes.set_xlim(min(0.0, correlations.min(), *means.values()) - 0.05, 1)
    axes.set_xlabel("rank correlation of two maps")
    axes.set_ylabel("test images")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=7.5, borderpad=0)
