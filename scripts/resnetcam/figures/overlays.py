"""A map over its image."""

from typing import NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray

from resnetcam.cam import normalized, resize_bilinear
from resnetcam.figures.page import Page, Panel

_ENLARGEMENT = 8


class Look(NamedTuple):
    """How maps are shown: one of matplotlib's colormaps, and the weight 0..1 of its colours."""

    colormap: str = "inferno"
    alpha: float = 0.5


def overlay(
    image: NDArray[np.uint8], raw_map: NDArray[np.float32], look: Look
) -> NDArray[np.float64]:
    """Blend a map over an image: resize, stretch to 0..1, colour as RGB, mix once in float.

    Args:
        image: uint8 (H, W, 3), RGB, at the size at which it is shown.
        raw_map: float32 (h, w), resized bilinearly with half-pixel centres; a flat one counts as 0.

    Returns:
        float64 (H, W, 3), RGB in 0..1.
    """
    heat = normalized(resize_bilinear(raw_map[None], *image.shape[:2]))[0]
    colors = matplotlib.colormaps[look.colormap](heat)[..., :3]
    return (1 - look.alpha) * (image / 255) + look.alpha * colors


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
    colormap: str,
    ends: tuple[str, str] = ("the map's lowest value", "its peak"),
) -> None:
    """Draw a colour scale at the bottom of a page, where 0.35 inches must be free."""
    left, width, y = 0.4 * page.width, 0.2 * page.width, page.height - 0.18
    extent = (left, left + width, y + 0.05, y - 0.05)
    page.axes.imshow(np.linspace(0, 1, 256)[None], cmap=colormap, extent=extent, aspect="auto")
    page.text(left - 0.05, y, ends[0], ha="right")
    page.text(left + width + 0.05, y, ends[1])
