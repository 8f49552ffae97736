"""A page of square pictures with words around them, laid out in inches from its upper left corner.

All of it is drawn on one Axes that spans the page. An Axes for each picture would take some ten
milliseconds, most of them for ticks that nobody sees, and a page may hold sixty pictures.
"""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

_INCHES_A_POINT = 1 / 72
_CENTRED: dict[str, Any] = {"va": "center", "size": 8}
_ABOVE: dict[str, Any] = {"ha": "center", "va": "bottom", "size": 8}


class Page:
    """The whole of a figure, which must have no layout engine."""

    def __init__(self, figure: Figure):
        self.width, self.height = figure.get_size_inches()
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0), autoscale_on=False)

    def panel(self, left: float, top: float, side: float) -> "Panel":
        """A place for a picture; ``left`` and ``top`` are of its upper left corner."""
        return Panel(self.axes, left, top, side)

    def text(self, x: float, y: float, text: str, **how: Any) -> None:
        """Write at a place; ``how`` goes to matplotlib's ``Axes.text``."""
        self.axes.text(x, y, text, **_CENTRED | how)

    def bar(self, left: float, top: float, width: float, height: float, **how: Any) -> None:
        """Fill a rectangle; ``how`` goes to matplotlib's ``Rectangle``."""
        self.axes.add_patch(Rectangle((left, top), width, height, linewidth=0, **how))


class Panel(NamedTuple):
    """A square place on a page: its upper left corner and its side, in inches."""

    axes: Axes
    left: float
    top: float
    side: float

    def picture(self, pixels: NDArray[Any], **how: Any) -> None:
        """Show pixels (H, W, 3), or (H, W) with a colormap; ``how`` goes to ``Axes.imshow``."""
        left, top, scale = self._place(pixels)
        height, width = pixels.shape[:2]
        extent = (left, left + width * scale, top + height * scale, top)
        self.axes.imshow(pixels, extent=extent, aspect="auto", **how)

    def title(self, text: str, pad: float = 3, **how: Any) -> None:
        """Write above the picture, ``pad`` points away from it."""
        x, y = self.left + self.side / 2, self.top - pad * _INCHES_A_POINT
        self.axes.text(x, y, text, **_ABOVE | how)

    def note(self, text: str) -> None:
        """Write in the middle, on white."""
        x, y = self.left + self.side / 2, self.top + self.side / 2
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        self.axes.text(x, y, text, ha="center", va="center", size=7.5, bbox=box, color="black")

    def outline(self, region: NDArray[np.bool_]) -> None:
        """Draw the border of a region (H, W) along the edges of its pixels, white on black."""
        left, top, scale = self._place(region)
        ends = (_edges(region) * scale + (left, top)).reshape(-1, 2)
        border = Path(ends, np.tile([Path.MOVETO, Path.LINETO], len(ends) // 2))
        inside = Rectangle(
            (self.left, self.top), self.side, self.side, transform=self.axes.transData
        )
        for color, width in (("black", 2.0), ("white", 0.9)):
            how: dict[str, Any] = {"linewidth": width, "capstyle": "projecting", "fill": False}
            line = PathPatch(border, edgecolor=color, **how)
            self.axes.add_artist(line)  # nothing depends on limits that add_patch would find
            line.set_clip_path(inside)

    def _place(self, pixels: NDArray[Any]) -> tuple[float, float, float]:
        """Where the upper left pixel begins, and how large each is: all fit, centred."""
        height, width = pixels.shape[:2]
        scale = self.side / max(height, width)
        left = self.left + (self.side - width * scale) / 2
        return left, self.top + (self.side - height * scale) / 2, scale


def _edges(region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the sides that pixels in the region share with pixels outside: (S, 2, 2) of (x, y)."""
    framed = np.pad(region, 1)
    row, x = np.nonzero(framed[1:-1, 1:] != framed[1:-1, :-1])
    upright = [[x, row], [x, row + 1]]
    y, column = np.nonzero(framed[1:, 1:-1] != framed[:-1, 1:-1])
    level = [[column, y], [column + 1, y]]
    return np.concatenate([np.moveaxis(np.array(s, float), -1, 0) for s in (upright, level)])
