"""How sure a network is: confidence against accuracy, and what is left of its mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from resnetcam.evaluation.calibration import Bin, equal_numbers, risk_by_coverage
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.evaluation.scoring import log_probabilities
from resnetcam.report.colors import BLUE, GREY, ORANGE
from resnetcam.report.figures.canvas import drawing, fine_percent

_FROM = 0.5  # of the images on, the risk is drawn: that of few is noise


def reliability(
    path: str | Path,
    logits: NDArray[np.float32],
    labels: NDArray[np.integer],
    temperature: float | None,
) -> None:
    """Draw accuracy against confidence, and mistakes against the share of images answered.

    Args:
        path: of the PNG file.
        logits, labels: of the test set, (N, C) and (N,).
        temperature: whose probabilities are drawn too; None for none.
    """
    with drawing(path, 3.6) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[5, 4])
        _draw_bins(left, _bins(logits, labels, 1.0), "as trained", BLUE, "o")
        if temperature:
            name = f"with temperature {temperature:.3g}"
            _draw_bins(left, _bins(logits, labels, temperature), name, ORANGE, "s")
        low = min(left.get_xlim()[0], left.get_ylim()[0])
        left.plot([low, 1], [low, 1], color=GREY, linewidth=1, linestyle="--", zorder=0)
        left.set_xlim(low, 1.01)
        left.set_ylim(low, 1.01)
        left.set_xlabel("confidence: the probability of the predicted class")
        left.set_ylabel("share that is right")
        left.legend(loc="upper left")
        left.set_title("above the dashed line: right more often than it says", loc="left")
        _draw_risk(right, risk_by_coverage(logits, labels))
        for axis in (left.xaxis, left.yaxis, right.xaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _bins(
    logits: NDArray[np.float32], labels: NDArray[np.integer], temperature: float
) -> list[Bin]:
    confidence = np.exp(log_probabilities(logits, temperature)).max(1)
    return equal_numbers(confidence, logits.argmax(1) == labels)


def _draw_bins(axes: Axes, bins: Sequence[Bin], name: str, color: str, marker: str) -> None:
    """Bins of equally many images, with the interval of each one's accuracy."""
    x, y = ([getattr(one, key) for one in bins] for key in ("confidence", "accuracy"))
    ends = np.array([wilson_interval(one.accuracy, one.n) for one in bins]).T
    lengths = np.abs(ends - y)
    axes.errorbar(x, y, lengths, fmt=marker, ms=4, color=color, linewidth=1, label=name, alpha=0.85)


def _draw_risk(axes: Axes, risk: NDArray[np.float64]) -> None:
    coverage = np.arange(1, len(risk) + 1) / len(risk)
    shown = coverage >= _FROM
    axes.plot(coverage[shown], risk[shown], color=BLUE, linewidth=1.6)
    axes.set_ylim(bottom=0)
    axes.set_xlim(_FROM, 1)
    axes.yaxis.set_major_formatter(fine_percent)
    axes.set_xlabel("share of images answered, the surest first")
    axes.set_ylabel("share of them that is wrong")
