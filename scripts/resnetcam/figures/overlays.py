"""A map over its image."""

from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from resnetcam.cam import normalized, resize_bilinear

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
    axes: Axes,
    image: NDArray[np.uint8],
    raw_map: NDArray[np.float32],
    look: Look,
    region: NDArray[np.bool_] | None = None,
) -> None:
    """Draw a map over its image (H, W, 3), and the outline of the object's region (H, W)."""
    axes.imshow(overlay(_enlarged(image), raw_map, look))
    if region is not None and region.any() and not region.all():
        # A rim of nothing closes the outline of what reaches the image's edge.
        outlined = np.pad(_enlarged(region), 1)
        places = (np.clip(np.arange(n) - 1, -0.5, n - 2.5) for n in outlined.shape[::-1])
        x, y = np.meshgrid(*places)
        for color, width in (("black", 2.0), ("white", 0.9)):
            axes.contour(x, y, outlined, [0.5], colors=color, linewidths=width)
    if raw_map.min() == raw_map.max():
        text = "flat map" if raw_map.any() else "no positive\nevidence"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        axes.text(
            0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", size=7.5, bbox=box
        )


def draw_color_scale(
    figure: Figure,
    colormap: str,
    ends: tuple[str, str] = ("the map's lowest value", "its peak"),
) -> None:
    """Draw a colour scale at the bottom of a figure, where 0.35 inches must be free."""
    inches = figure.get_figheight()
    axes = figure.add_axes((0.4, 0.13 / inches, 0.2, 0.1 / inches))
    axes.imshow(np.linspace(0, 1, 256)[None], cmap=colormap, aspect="auto")
    axes.set_axis_off()
    for x, text, side in ((-0.03, ends[0], "right"), (1.03, ends[1], "left")):
        axes.text(x, 0.4, text, transform=axes.transAxes, ha=side, va="center", size=8)


def _enlarged(pixels: NDArray) -> NDArray:
    """Repeat rows and columns of (H, W, ...): nearest neighbour."""
    return pixels.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
