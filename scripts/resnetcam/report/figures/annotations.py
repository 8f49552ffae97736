"""What an annotation export holds."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resnetcam.report.colors import BLUE, INK
from resnetcam.report.figures.canvas import draw_message, drawing, short

_MOST_BARS = 12
_FEWEST_PLACES = 4  # or one bar would fill its panel
_LONGEST_LINE = 29  # characters below the narrowest of four panels


def annotation_summary(path: str | Path, summary: Mapping[str, Any]) -> None:
    """Draw how many regions there are of each shape and value, and how large they are.

    Args:
        path: of the PNG file.
        summary: the content of ``annotations/<export>.json``.
    """
    if not summary["regions"]:
        draw_message(path, f"{short(summary['file'], 40)} contains no regions.")
        return
    # Pairs: a person's attribute may be called shape, too.
    bars = [("shape", summary["shapes"]), *summary["attributes"].items()]
    most = max(min(len(values), _MOST_BARS + 1) for _, values in bars)
    with drawing(path, 1.1 + 0.21 * max(most, 6)) as figure:
        *panels, sizes = figure.subplots(1, min(len(bars), 3) + 1)
        for axes, (name, values) in zip(panels, bars, strict=False):
            _draw_counts(axes, name, values)
        _draw_sides(sizes, summary["sides_px"], summary["unit"])


def _draw_counts(axes: Axes, name: str, values: Mapping[str, int]) -> None:
    """Bars, the most frequent first; what is beyond the first dozen is one bar."""
    shown = list(values.items())[:_MOST_BARS]
    rest = sum(values.values()) - sum(count for _, count in shown)
    shown += [(f"{len(values) - _MOST_BARS} others", rest)] if rest else []
    places = np.arange(len(shown))
    counts = [count for _, count in shown]
    axes.barh(places, counts, color=BLUE, alpha=0.6)
    for place, count in zip(places, counts, strict=True):
        axes.annotate(f"{count:,}", (count, place), (3, 0), textcoords="offset points", va="center")
    axes.set_yticks(places, [short(value) or "(empty)" for value, _ in shown])
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    axes.margins(x=0.2)
    axes.set_ylim(max(len(shown), _FEWEST_PLACES) - 0.4, -0.6)
    axes.set_title(f"regions by {short(name)}")


def _draw_sides(axes: Axes, sides: Sequence[float], unit: str) -> None:
    axes.set_title("regions by size")
    label = f"square root of the area, in {unit}; dotted: median"
    axes.set_xlabel(textwrap.fill(label, _LONGEST_LINE), fontsize=8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if sides:
        axes.hist(sides, bins=min(20, max(5, len(sides) // 5)), color=BLUE, alpha=0.6)
        axes.axvline(float(np.median(sides)), color=INK, lw=1, ls=":")
    else:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no region has an area", ha="center", transform=axes.transAxes)
