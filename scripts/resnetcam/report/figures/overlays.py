"""A map over its image, and the scale of its colours."""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray

from resnetcam.explain.display import normalized, resize_bilinear
from resnetcam.report.figures.canvas import short
from resnetcam.report.figures.page import Page, Panel

_ENLARGEMENT = 8
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_MID_GREY = 0.5
_CONTRAST = 0.3  # of the picture below a map, where the image's own is 1
_CELLS_TO_THICKEN = 32  # a side; a single cell of so many is hardly seen


class Look(NamedTuple):
    """How maps are shown: one of matplotlib's colormaps, and the weight 0..1 of its colours.

    The rest is grey.
    """

    colormap: str = "inferno"
    overlay: float = 0.5


def colors_of(look: Look) -> NDArray[np.float64]:
    """Return the colours of a map's values from lowest to highest: (256, 3), RGB in 0..1."""
    colors: NDArray[np.float64] = matplotlib.colormaps[look.colormap](np.arange(256))[:, :3]
    return colors


def overlay(
    image: NDArray[np.uint8], raw_map: NDArray[np.float32], look: Look
) -> NDArray[np.float64]:
    """Colour a map, and mix it once, in float, with a faint grey picture of its image.

    Colours of the image would change the map's, and its lights and shadows the map's brightness. So
    the picture keeps neither, but for shapes: its grey is mid-grey on average, of low contrast.

    Args:
        image: uint8 (H, W, 3), RGB, at the size at which it is shown.
        raw_map: float32 (h, w), thickened (``reach``), resized bilinearly with half-pixel centres
            and stretched to 0..1; a flat one counts as 0.

    Returns:
        float64 (H, W, 3), RGB in 0..1.
    """
    heat = normalized(resize_bilinear(_thickened(raw_map)[None], *image.shape[:2]))[0]
    grey = image @ np.array(_LUMA) / 255
    return _mixed(heat, _MID_GREY + _CONTRAST * (grey - grey.mean()), look)


def reach(cells: Sequence[int]) -> int:
    """How far a cell is spread where a map is drawn: a map of (h, w) cells may be too fine to see.

    Each cell shows the highest value of those up to so many cells away; 0 below 32 cells a side.
    """
    return max(cells) // _CELLS_TO_THICKEN


def _thickened(raw_map: NDArray[np.float32]) -> NDArray[np.float32]:
    width = 2 * reach(raw_map.shape) + 1
    padded = np.pad(raw_map, width // 2, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (width, width)).max((2, 3))


def _mixed(
    heat: NDArray[np.floating], grey: NDArray[np.float64] | float, look: Look
) -> NDArray[np.float64]:
    colors = matplotlib.colormaps[look.colormap](heat)[..., :3]
    return (1 - look.overlay) * np.asarray(grey)[..., None] + look.overlay * colors


def title_of_map(class_name: str, raw_map: NDArray[np.float32], longest: int = 14) -> str:
    """What stands above a map: the class that it explains, and its highest value."""
    return f"{short(class_name, longest)}\npeak {raw_map.max():.3g}"


def draw_overlay(
    panel: Panel,
    image: NDArray[np.uint8],
    raw_map: NDArray[np.float32],
    look: Look,
    region: NDArray[np.bool_] | None = None,
) -> None:
    """Draw a map over its image (H, W, 3), and the outline of the object's region (H, W)."""
    # Nearest neighbour: rows and columns are repeated.
    enlarged = image.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
    panel.picture(overlay(enlarged, raw_map, look))
    if region is not None and region.any() and not region.all():
        panel.outline(region)
    if raw_map.min() == raw_map.max():
        panel.note("flat map" if raw_map.any() else "no positive\nevidence")


def draw_color_scale(
    page: Page,
    look: Look,
    cells: Sequence[Sequence[int]] = (),
    ends: tuple[str, str] = ("the map's lowest value", "its peak"),
) -> None:
    """Draw the colours at the bottom of a page, as maps are drawn; 0.35 inches must be free there.

    Args:
        cells: (h, w) of the maps on the page; of those that are thickened a note says how.
    """
    left, width, y = 0.4 * page.width, 0.2 * page.width, page.height - 0.18
    extent = (left, left + width, y + 0.05, y - 0.05)
    colors = _mixed(np.linspace(0, 1, 256)[None], _MID_GREY, look)
    page.axes.imshow(colors, extent=extent, aspect="auto")
    page.text(left - 0.05, y, ends[0], ha="right")
    page.text(left + width + 0.05, y, ends[1])
    fine = sorted({tuple(size[-2:]) for size in cells if reach(size[-2:])})
    sides = [(height, width, 2 * reach((height, width)) + 1) for height, width in fine]
    notes = [f"{h} × {w}: each cell shows the highest of {n} × {n}" for h, w, n in sides]
    page.text(page.width - 0.09, y, "\n".join(notes), ha="right", size=7)
