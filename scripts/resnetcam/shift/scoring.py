"""How a network does on corrupted images, and on other sets of images: scores of its logits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.tables import writing_table
from resnetcam.evaluation.calibration import scores
from resnetcam.evaluation.intervals import newcombe_interval, wilson_interval
from resnetcam.evaluation.scoring import balanced_accuracy
from resnetcam.explain.intervals import mean_of_shares, mean_with_interval
from resnetcam.shift.strengths import KINDS, STRENGTHS

_COLUMNS = (
    *("kind", "group", "strength", "images", "accuracy", "low", "high"),
    *("nll", "ece", "calibrated_nll", "calibrated_ece", "linear_accuracy"),
)


class Answers(NamedTuple):
    """What is said of the same N images in one state.

    Attributes:
        logits: of the network, float32 (N, C).
        linear: the classes that the linear classifier names, (N,).
    """

    logits: NDArray[np.float32]
    linear: NDArray[np.integer]


def scores_of_corruptions(
    clean: Answers,
    corrupted: Mapping[str, Sequence[Answers]],
    labels: NDArray[np.integer],
    temperature: float | None,
) -> dict[str, Any]:
    """Return the content of ``shift.json``.

    Args:
        clean: of N > 0 images as they are; corrupted: by kind, of each strength from 1 on.
        labels: (N,).
        temperature: that calibrates the logits; None where there is none.

    Returns:
        ``n`` images; their scores ``clean``; ``kinds``, by name, each with its ``group``, its mean
        ``accuracy``, its ``corruption_error`` and the scores of each of its ``strengths``; the mean
        ``accuracy`` over all kinds and strengths, and the ``drop`` from the clean one, with
        intervals over images; ``linear_accuracy``, the same mean of the linear classifier; and
        ``mean_corruption_error``.
    """
    kinds = {
        kind: _scores_of_kind(kind, answers, labels, temperature)
        for kind, answers in corrupted.items()
    }
    right = np.array([_right(one, labels) for answers in corrupted.values() for one in answers])
    linear = [one["linear_accuracy"] for kind in kinds.values() for one in kind["strengths"]]
    mean = right.mean(0)  # of each image, over all it was turned into
    return {
        "n": len(labels),
        "clean": _scores(clean, labels, temperature),
        "accuracy": mean_of_shares(mean),
        "drop": mean_with_interval(_right(clean, labels) - mean),
        "linear_accuracy": float(np.mean(linear)),
        "mean_corruption_error": _mean_of_all([one["corruption_error"] for one in kinds.values()]),
        "kinds": kinds,
    }


def corruption_error(errors: Sequence[float], of_baseline: Sequence[float]) -> float | None:
    """Return a kind's errors at all strengths, as a share of those of a baseline.

    Hendrycks and Dietterich 2019, arXiv:1903.12261, section 4.2. None if the baseline makes none.
    """
    return sum(errors) / sum(of_baseline) if sum(of_baseline) else None


def write_scores(path: Path, found: Mapping[str, Any]) -> None:
    """Write ``shift.csv``: a row for each kind and strength; what there is not is empty."""
    with writing_table(path) as write:
        write(_COLUMNS)
        for kind, one in found["kinds"].items():
            for strength, row in zip(STRENGTHS, one["strengths"], strict=True):
                numbers = {name: _written(row[name]) for name in _COLUMNS[4:]}
                write([kind, one["group"], strength, found["n"], *numbers.values()])


def scores_of_test_set(
    logits: NDArray[np.float32],
    labels: NDArray[np.integer],
    own_logits: NDArray[np.float32],
    own_labels: NDArray[np.integer],
    temperature: float | None,
) -> dict[str, Any]:
    """Return how a network does on a set of N > 0 images that is not its data set's own.

    Args:
        logits, labels: of the set, (N, C) and (N,); own_logits, own_labels: of the data set's own
            test images.
        temperature: that calibrates the logits; None where there is none.

    Returns:
        ``n``, ``accuracy`` with ``low`` and ``high`` (Wilson), ``balanced_accuracy``, ``nll``,
        ``ece``, ``calibrated_nll``, ``calibrated_ece``; ``difference`` from the accuracy on the
        own test images, with Newcombe's interval for independent images; ``absent``, the numbers
        of classes without an image.
    """
    accuracy = float((logits.argmax(1) == labels).mean())
    own = float((own_logits.argmax(1) == own_labels).mean())
    low, high = newcombe_interval(accuracy, len(labels), own, len(own_labels))
    return {
        "n": len(labels),
        **_scores_of_logits(logits, labels, temperature),
        "balanced_accuracy": balanced_accuracy(labels, logits.argmax(1)),
        "difference": {"mean": accuracy - own, "low": low, "high": high},
        "absent": np.setdiff1d(np.arange(logits.shape[1]), labels).tolist(),
    }


def _scores_of_kind(
    kind: str,
    answers: Sequence[Answers],
    labels: NDArray[np.integer],
    temperature: float | None,
) -> dict[str, Any]:
    found = [_scores(one, labels, temperature) for one in answers]
    errors = [1 - one["accuracy"] for one in found]
    return {
        "group": KINDS[kind].group,
        "accuracy": float(np.mean([one["accuracy"] for one in found])),
        "corruption_error": corruption_error(errors, [1 - one["linear_accuracy"] for one in found]),
        "strengths": found,
    }


def _scores(
    answers: Answers, labels: NDArray[np.integer], temperature: float | None
) -> dict[str, Any]:
    return {
        **_scores_of_logits(answers.logits, labels, temperature),
        "linear_accuracy": float((answers.linear == labels).mean()),
    }


def _scores_of_logits(
    logits: NDArray[np.float32], labels: NDArray[np.integer], temperature: float | None
) -> dict[str, Any]:
    accuracy = float((logits.argmax(1) == labels).mean())
    low, high = wilson_interval(accuracy, len(labels))
    plain = scores(logits, labels)
    calibrated = scores(logits, labels, temperature) if temperature else {}
    return {
        **{"accuracy": accuracy, "low": low, "high": high},
        **{name: plain[name] for name in ("nll", "ece")},
        **{f"calibrated_{name}": calibrated.get(name) for name in ("nll", "ece")},
    }


def _right(answers: Answers, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    return (answers.logits.argmax(1) == labels).astype(np.float64)


def _mean_of_all(values: Sequence[float | None]) -> float | None:
    """None where one of them is not defined: a mean of the others would be of other kinds."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
