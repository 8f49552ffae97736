"""What figures show in this run, in words: for those who hear the report, or see it on paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.wording import counted
from resnetcam.evaluation.calibration import risk_by_coverage
from resnetcam.report.text import percent
from resnetcam.report.titles import title

_PAIRS = 3  # at most
_EXPERIMENTS = 10  # at most


def of_history(history: Sequence[Mapping[str, float]], chosen_on: str, selected: int) -> str:
    """Where the curves begin and end, and which epoch was kept."""
    first, last = history[0], history[-1]
    names = {"accuracy": "training accuracy", "val_accuracy": f"{chosen_on} accuracy"}
    names |= {"loss": "training loss", "val_loss": f"{chosen_on} loss"}
    written = {name: "{:.1%}" if "accuracy" in name else "{:.2f}" for name in names}
    ways = [
        f"{words} from {written[name].format(first[name])} to {written[name].format(last[name])}"
        for name, words in names.items()
        if name in first
    ]
    return (
        f"Learning curves over {counted(len(history), 'epoch')}: {', '.join(ways)}. "
        f"The weights of epoch {selected} were kept."
    )


def of_confusions(counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    """The best and the worst recognised class, and the most frequent mistake.

    Args:
        counts: int64 (C, C), by (true class, predicted class).
    """
    totals = counts.sum(1)
    present = np.flatnonzero(totals)
    recalls = counts.diagonal()[present] / totals[present]
    worst, best = present[recalls.argmin()], present[recalls.argmax()]
    text = (
        f"Confusion matrix: recall from {percent(recalls.min())} ({class_names[worst]}) "
        f"to {percent(recalls.max())} ({class_names[best]})."
    )
    mistakes = counts - np.diag(counts.diagonal())
    if not mistakes.any():
        return f"{text} No test image is taken for another class."
    label, other = map(int, np.unravel_index(mistakes.argmax(), mistakes.shape))
    return (
        f"{text} The most frequent mistake: {mistakes.max():,} of {totals[label]:,} of "
        f"{class_names[label]} are taken for {class_names[other]}."
    )


def of_pairs(
    counts: NDArray[np.int64], pairs: Sequence[tuple[int, int]], class_names: Sequence[str]
) -> str:
    """The pairs of classes that are confused most, and how often."""
    if not pairs:
        return "No class is taken for another."
    told = [
        f"{class_names[one]} and {class_names[other]} "
        f"({counted(int(counts[one, other] + counts[other, one]), 'mistake')})"
        for one, other in pairs[:_PAIRS]
    ]
    more = " and others" if len(pairs) > len(told) else ""
    return f"Test images of classes that are taken for each other: {', '.join(told)}{more}."


def of_reliability(
    logits: NDArray[np.float32], labels: NDArray[np.integer], metrics: Mapping[str, Any]
) -> str:
    """The calibration error, and the mistakes among the surest images and among all."""
    risk = risk_by_coverage(logits, labels)
    half = max(1, len(risk) // 2)
    calibrated = metrics["calibrated"]
    tempered = f", {calibrated['ece']:.2%} with its temperature" if calibrated else ""
    return (
        f"Reliability diagram: the expected calibration error is {metrics['ece']:.2%}"
        f"{tempered}. Of the surest half of the test images {percent(risk[half - 1])} are "
        f"wrong, of all {percent(risk[-1])}."
    )


def of_faithfulness(scores: Mapping[str, Any]) -> str:
    """The areas under the curves of every candidate."""
    areas = [
        f"{title(name)} {one['deletion_auc']['mean']:.3f} and {one['insertion_auc']['mean']:.3f}"
        for name, one in scores["candidates"].items()
        if "curves" in one
    ]
    return (
        "Probability of the predicted class while images are covered and uncovered, highest cells "
        f"first. Areas under both curves: {', '.join(areas)}."
    )


def of_randomisation(scores: Mapping[str, Any]) -> str:
    """How like the trained network's maps those of the wholly random one are."""
    end = scores["levels"][-1]["correlation"]
    text = "Maps of four images while weights are redrawn at random, the last layer first"
    if not end:
        return f"{text}; the trained network's maps are flat."
    return f"{text}. With all of them random, the rank correlation is {end['mean']:.2f}."


def of_comparison(rows: Sequence[Mapping[str, Any]], n: int) -> str:
    """Accuracy and training time of each experiment, of the first where a sweep has many."""
    told = [
        f"{row['experiment']} {percent(row['accuracy_mean'], n)}"
        f" in {row['training_seconds'] / 60:.1f} min"
        for row in rows[:_EXPERIMENTS]
    ]
    others = len(rows) - len(told)
    more = f" and {counted(others, 'other experiment')}" if others else ""
    return f"Test accuracy against training time: {', '.join(told)}{more}."
