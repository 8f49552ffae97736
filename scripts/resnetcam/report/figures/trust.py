"""How far the maps can be trusted: faithfulness, and what is left of them without learning."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from resnetcam.explain.maps import Maps
from resnetcam.report.colors import BLUE, GREY, GRID, LINE, ORANGE
from resnetcam.report.figures.canvas import WIDTH, distinct_colors, drawing, short
from resnetcam.report.figures.explained import Explained, choose_examples
from resnetcam.report.figures.overlays import Look, draw_color_scale, draw_overlay
from resnetcam.report.figures.page import Page, Panel
from resnetcam.report.titles import title

_BASELINES = {"other_image": "-.", "random": ":", "centred_gaussian": "--"}
_MOST_LEVELS = 13


def faithfulness_curves(path: str | Path, scores: Mapping[str, Any]) -> None:
    """Draw the class's probability while the image is covered, and while it is uncovered.

    Args:
        path: of the PNG file.
        scores: the content of ``faithfulness.json``.
    """
    candidates = {name: one for name, one in scores["candidates"].items() if "curves" in one}
    with drawing(path, 4.2) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, kind in zip(panels, ("deletion", "insertion"), strict=True):
            _draw_curves(axes, {name: one["curves"][kind] for name, one in candidates.items()})
        panels[0].set_ylim(bottom=0)  # of both, once both are drawn
        panels[0].set_title("Deletion: the map's highest cells are covered first (low is good)")
        panels[1].set_title("Insertion: they are uncovered first (high is good)")
        panels[0].set_xlabel("share of the image covered")
        panels[1].set_xlabel("share of the image uncovered")
        panels[0].set_ylabel("probability of the predicted class")
        labels = [
            f"{title(name)}: {one['deletion_auc']['mean']:.3f}, {one['insertion_auc']['mean']:.3f}"
            for name, one in candidates.items()
        ]
        figure.legend(
            panels[0].lines, labels, loc="outside lower center", ncols=4, fontsize=7.5,
            title="areas under both curves", title_fontsize=7.5,
        )  # fmt: skip


def _draw_curves(axes: Axes, curves: Mapping[str, Sequence[float]]) -> None:
    """Methods come in order, each thinner than the one before, so that equal ones both show."""
    methods = [name for name in curves if name not in _BASELINES]
    widths = np.linspace(3.6, 1, len(methods))
    colors = dict(
        zip(methods, zip(distinct_colors(len(methods)), widths, strict=True), strict=True)
    )
    for name, curve in curves.items():
        style: dict[str, Any] = {"color": GREY, "linewidth": 1.5, "linestyle": _BASELINES.get(name)}
        if name not in _BASELINES:
            style["color"], style["linewidth"] = colors[name]
        axes.plot(np.linspace(0, 1, len(curve)), curve, **style)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y", color=GRID, linewidth=0.6)


def randomisation_cascade(
    path: str | Path,
    explained: Explained,
    scores: Mapping[str, Any],
    maps: Sequence[Maps],
    class_names: Sequence[str],
    look: Look,
    seed: int = 0,
) -> None:
    """Draw maps of four images while weights are drawn anew, and how their order correlates.

    Args:
        path: of the PNG file.
        explained: images to draw from.
        scores: of ``randomisation.json``: ``levels``, from the trained network to the wholly random
            one, and what maps of other images correlate, ``other_image``.
        maps: for each level those of the same images, for the true class.
        class_names: C names.
        seed: of the draw (``choose_examples``).
    """
    levels = scores["levels"]
    shown = np.unique(np.linspace(0, len(levels) - 1, _MOST_LEVELS).round().astype(int))
    drawable = np.isin(explained.image_index, maps[0].image_index)
    chosen = choose_examples(explained.labels, drawable, 4, seed)
    left, right, head, gap = 0.66, 0.09, 0.42, 0.04  # inches
    pitch = min((WIDTH - left - right) / (len(shown) + 1), 0.62)
    below, height = head + len(chosen) * pitch + 0.1, 2.25
    with drawing(path, below + height, layout=None) as figure:
        page = Page(figure)
        for row, position in enumerate(chosen):
            panels = [
                page.panel(left + column * pitch, head + row * pitch, pitch - gap)
                for column in range(len(shown) + 1)
            ]
            _draw_cascade(panels, explained.at(position), [maps[level] for level in shown], look)
            name = short(class_names[int(explained.labels[position])], 10)
            middle = panels[0].top + panels[0].side / 2
            page.text(left - 0.05, middle, f"maps for\n{name}", ha="right", size=7)
            if row == 0:
                _head(panels, [levels[level]["part"] for level in shown])
        share = pitch / page.width
        box = (left / page.width + share, 0.6 / page.height, len(shown) * share, 1.3 / page.height)
        drawn = [levels[level] for level in shown]
        _draw_correlations(figure.add_axes(box), drawn, scores["other_image"])
        draw_color_scale(page, look, [maps[0].maps.shape])


def _draw_cascade(
    panels: Sequence[Panel], one: Explained, maps: Sequence[Maps], look: Look
) -> None:
    panels[0].picture(one.images[0], interpolation="nearest")
    for panel, level_maps in zip(panels[1:], maps, strict=True):
        draw_overlay(panel, one.images[0], level_maps.of(one.image_index).maps[0], look)


def _head(panels: Sequence[Panel], parts: Sequence[str]) -> None:
    panels[0].title("image")
    panels[1].title("trained")
    for panel, part in zip(panels[2:], parts[1:], strict=True):
        panel.title("+ " + part.replace("_", "\n"), size=6.5)


def _draw_correlations(
    axes: Axes, levels: Sequence[Mapping[str, Any]], other_image: Mapping[str, float] | None
) -> None:
    places = np.arange(len(levels))
    axes.axhline(0, color=LINE, linewidth=0.8)
    lowest = 0.0
    if levels[0]["correlation"]:  # else all maps of the trained network are flat
        means, lows, highs = (
            np.array([level["correlation"][key] for level in levels])
            for key in ("mean", "low", "high")
        )
        lowest, spread = lows.min(), (means - lows, highs - means)
        label = "the same image's map, of the network in that column"
        axes.errorbar(places, means, spread, color=BLUE, marker="o", ms=3, lw=1, label=label)
    if other_image:
        low, mean, high = (other_image[key] for key in ("low", "mean", "high"))
        lowest = min(lowest, low)
        axes.axhspan(low, high, color=ORANGE, alpha=0.2, linewidth=0)
        label = f"another image's map, of the trained network: {mean:.2f}"
        axes.axhline(mean, color=ORANGE, linestyle="--", linewidth=1.2, label=label)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=7.5, borderpad=0)
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_ylim(min(-0.3, lowest - 0.05), 1.08)
    axes.set_xticks([])
    axes.set_ylabel("rank correlation with\nthe trained network's map", size=7.5)
