"""What all figures share: size, style, colours, and how they are written.

Nothing here goes through pyplot: no display, no global state, no settings of the user's own.
Lines differ in style too, not only in colour.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from resnetcam.common.files import replacing
from resnetcam.report.colors import BLUE, GREEN, INK, ORANGE, PINK, SKY, YELLOW

_DISTINCT = (BLUE, ORANGE, GREEN, PINK, SKY, YELLOW)

WIDTH = 8.8  # inches; 1,320 pixels, which GitHub shows at about 880
_STYLE: dict[Any, Any] = {
    "savefig.dpi": 150,
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; others may or may not be there
    "font.size": 9,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "patch.edgecolor"), INK),
    "svg.hashsalt": "resnetcam",  # ids that do not change
    "text.parse_math": False,  # a class name may hold a dollar sign
}

_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # no version, no time


@contextlib.contextmanager
def drawing(
    path: str | Path,
    height: float,
    layout: Literal["constrained"] | None = "constrained",
    *,
    as_svg: bool = True,
) -> Iterator[Figure]:
    """Give a figure of the common width, and write it: the same bytes for the same input.

    Args:
        path: of the PNG file.
        height: in inches.
        layout: matplotlib's layout engine; None for places that are given.
        as_svg: write it beside the PNG file too, without a background.
    """
    # Not rcdefaults(), which reads the user's own styles.
    defaults = {
        key: matplotlib.rcParamsDefault[key] for key in matplotlib.rcParams if key != "backend"
    }
    with matplotlib.rc_context(defaults | _STYLE):
        figure = Figure((WIDTH, height), layout=layout)
        yield figure
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata={"Software": None})
        if as_svg:
            figure.set_layout_engine("none")  # places are found, and need not be found again
            _keep_pixels(figure)
            with replacing(Path(path).with_suffix(".svg")) as temporary:
                figure.savefig(temporary, format="svg", transparent=True, metadata=_NOTHING)


def _keep_pixels(figure: Figure) -> None:
    """In a file of shapes, store what nearest neighbour enlarges as it is, for the viewer to do."""
    images = [image for axes in figure.axes for image in axes.images]
    for image in images:
        if image.get_interpolation() == "nearest":
            image.set_interpolation("none")


def draw_message(path: str | Path, message: str) -> None:
    """Write a figure that says why there is nothing to see."""
    with drawing(path, 1.2) as figure:
        figure.text(0.5, 0.5, message, ha="center", va="center", size=12)


def short(name: str, longest: int = 14) -> str:
    """A class name on one line that fits its place."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1] + "…"


def whole_percent(share: float) -> str:
    """Write a share as 37%; what rounds to all or nothing without being it, as >99% or <1%."""
    if 0 < share <= 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def fine_percent(share: float, _: float) -> str:
    """Write an axis's share with as many digits as it needs: 5%, 92.8%."""
    return f"{100 * share:.4g}%"


def distinct_colors(count: int) -> list[str]:
    """As many colours: Okabe and Ito's where they suffice, else evenly spaced ones of a rainbow."""
    if count <= len(_DISTINCT):
        return list(_DISTINCT[:count])
    rainbow = matplotlib.colormaps["turbo"](np.linspace(0.02, 0.98, count))
    return [matplotlib.colors.to_hex(color) for color in rainbow]
