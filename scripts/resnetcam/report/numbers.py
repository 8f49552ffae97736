"""The numbers that figures draw, as tables of markdown, to be folded below each figure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.evaluation.calibration import equal_numbers, risk_by_coverage
from resnetcam.evaluation.scoring import log_probabilities
from resnetcam.report.navigation import NUMBERS
from resnetcam.report.text import Markdown, escaped, percent
from resnetcam.report.titles import title
from resnetcam.shift.strengths import KINDS, STRENGTHS

_COVERAGES = tuple(range(50, 101, 5))
_HISTORY = {
    "epoch": ("Epoch", "{:.0f}"),
    "learning_rate": ("Learning rate", "{:.3g}"),
    "loss": ("Loss", "{:.3f}"),
    "penalty": ("L2 penalty", "{:.3f}"),
    "accuracy": ("Accuracy", "{:.1%}"),
    "val_loss": ("Loss, {on}", "{:.3f}"),
    "val_accuracy": ("Accuracy, {on}", "{:.2%}"),
    "seconds": ("Seconds", "{:.1f}"),
}


def table_of_numbers(
    head: Sequence[str], rows: Iterable[Sequence[object]], of: str = ""
) -> Markdown:
    """Return a table that the page folds; what its cells hold is escaped.

    Args:
        of: what the numbers are of, where there are several tables of a figure.
    """
    lines = [head, *rows]
    drawn = [f"| {' | '.join(map(escaped, line))} |" for line in lines]
    rule = "|---|" + "--:|" * (len(head) - 1)
    words = f"*{NUMBERS}{of and f': {of}'}.*"
    return Markdown("\n".join([words, "", drawn[0], rule, *drawn[1:]]))


def of_seed(table: Markdown, seed: int) -> Markdown:
    """Return a table that says of which seed its numbers are."""
    return Markdown(table.replace(f"*{NUMBERS}", f"*{NUMBERS} of seed {seed}", 1))


def of_history(history: Sequence[Mapping[str, float]], selected_on: str) -> Markdown:
    """Each epoch; ``selected_on`` says which images the ``val_`` columns are of."""
    shown = [name for name in _HISTORY if name in history[0]]
    head = [_HISTORY[name][0].format(on=selected_on) for name in shown]
    rows = ([_HISTORY[name][1].format(row[name]) for name in shown] for row in history)
    return table_of_numbers(head, rows)


def of_confusions(
    counts: NDArray[np.int64], classes: Sequence[int], class_names: Sequence[str]
) -> Markdown:
    """How many images of each class (a row) are taken for each class (a column).

    Args:
        counts: int64 (C, C), by (true class, predicted class); classes: those that are shown.
    """
    names = [class_names[index] for index in classes]
    head = ["True class", *names, "Recall"]
    rows = [
        [class_names[index], *(f"{counts[index, other]:,}" for other in classes), recall]
        for index in classes
        for recall in [_share(counts[index, index], counts[index].sum())]
    ]
    return table_of_numbers(head, rows)


def of_reliability(
    logits: NDArray[np.float32], labels: NDArray[np.integer], temperature: float | None
) -> Markdown:
    """The groups of the reliability diagram, the least sure first: (N, C) logits, (N,) labels."""
    temperatures = [1.0, *([temperature] if temperature else [])]
    right = logits.argmax(1) == labels
    groups = [
        equal_numbers(np.exp(log_probabilities(logits, one)).max(1), right) for one in temperatures
    ]
    head = ["Group", "Images", "Confidence", "Accuracy"]
    head += ["Confidence with temperature", "Accuracy with temperature"] * (len(groups) - 1)
    rows = [
        [number, bins[0].n, *(f"{s:.2%}" for one in bins for s in (one.confidence, one.accuracy))]
        for number, bins in enumerate(zip(*groups, strict=True), start=1)
    ]
    return table_of_numbers(head, rows, "confidence and accuracy")


def of_risk(logits: NDArray[np.float32], labels: NDArray[np.integer]) -> Markdown:
    """The share of wrong answers if only the surest images are answered."""
    risk = risk_by_coverage(logits, labels)
    rows = [
        [f"{share}%", f"{number:,}", f"{risk[number - 1]:.2%}"]
        for share in _COVERAGES
        for number in [max(1, share * len(risk) // 100)]
    ]
    head = ["Images answered, the surest first", "Images", "Wrong"]
    return table_of_numbers(head, rows, "mistakes among the surest images")


def of_shift(found: Mapping[str, Any]) -> Markdown:
    """Accuracy by kind and strength of corruption, of ``shift.json``."""
    head = ["Corruption", *(f"Strength {one}" for one in STRENGTHS)]
    head += ["Mean", "Linear classifier", "Corruption error"]
    rows = [
        [
            KINDS[kind].title,
            *(percent(row["accuracy"]) for row in one["strengths"]),
            percent(one["accuracy"]),
            percent(sum(row["linear_accuracy"] for row in one["strengths"]) / len(STRENGTHS)),
            "–" if one["corruption_error"] is None else percent(one["corruption_error"]),
        ]
        for kind, one in found["kinds"].items()
    ]
    return table_of_numbers(head, rows)


def of_curves(scores: Mapping[str, Any]) -> Markdown:
    """The curves of ``faithfulness.json``: probability by the share covered, or uncovered."""
    curves = {name: one["curves"] for name, one in scores["candidates"].items() if "curves" in one}
    steps = len(next(iter(curves.values()))["deletion"])
    shares = [f"{number / (steps - 1):.0%}" for number in range(steps)]
    rows = [
        [f"{title(name)}, {kind}", *(percent(value) for value in curve[kind])]
        for kind in ("deletion", "insertion")
        for name, curve in curves.items()
    ]
    return table_of_numbers(["Share of the image covered, uncovered", *shares], rows)


def of_randomisation(levels: Sequence[Mapping[str, Any]]) -> Markdown:
    """The levels of ``randomisation.json``, from the trained network to the wholly random one."""
    parts = ["trained", *(f"+ {level['part']}" for level in levels[1:])]
    rows = [
        [part, *_with_interval(level["correlation"]), f"{level['flat_maps']:,}"]
        for part, level in zip(parts, levels, strict=True)
    ]
    return table_of_numbers(["Random so far", "Rank correlation", "95% interval", "Flat"], rows)


def _with_interval(one: Mapping[str, float] | None) -> list[str]:
    if not one:
        return ["–", "–"]
    return [f"{one['mean']:.2f}", f"{one['low']:.2f} to {one['high']:.2f}"]


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"
