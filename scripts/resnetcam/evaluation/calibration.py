"""How far probabilities can be believed: proper scores, calibration errors, a temperature."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.evaluation.scoring import log_probabilities

BINS = 15  # as in Guo et al. 2017
TEMPERATURES = (0.05, 20.0)  # what is fitted stays between

_STEPS = 100  # of a bisection: to the last digit
Floats = NDArray[np.float64]


class Bin(NamedTuple):
    """Images of similar confidence.

    Attributes:
        confidence: the mean of their highest probabilities; accuracy: the share that is right.
        n: how many they are.
    """

    confidence: float
    accuracy: float
    n: int


def scores(
    logits: NDArray[np.floating], labels: NDArray[np.integer], temperature: float = 1.0
) -> dict[str, float]:
    """Return how good the probabilities of N > 0 images are, all of it better when it is lower.

    Args:
        logits: (N, C); labels: (N,).
        temperature: that the logits are divided by.

    Returns:
        ``nll``: the mean negative log-likelihood of the true class, in nats. ``brier``: the mean
        squared distance of the probabilities from the one-hot label, 0 to 2 (Brier 1950). ``ece``
        and ``ace``: the mean distance of confidence and accuracy in ``BINS`` bins, of equal width
        (expected calibration error: Guo et al. 2017, arXiv:1706.04599) and of equal numbers of
        images (adaptive calibration error: Nixon et al. 2019, arXiv:1904.01685, of the top label).
    """
    logs = log_probabilities(logits, temperature)
    probabilities = np.exp(logs)
    rows = np.arange(len(labels))
    of_truth = probabilities[rows, labels]
    confidence = probabilities.max(1)
    right = logits.argmax(1) == labels
    return {
        "nll": float(-logs[rows, labels].mean()),
        # |p - y|² = |p|² - 2 p_label + 1
        "brier": float(((probabilities**2).sum(1) - 2 * of_truth + 1).mean()),
        "ece": _distance(equal_widths(confidence, right)),
        "ace": _distance(equal_numbers(confidence, right)),
    }


def equal_widths(confidence: Floats, right: NDArray[np.bool_]) -> list[Bin]:
    """Put images into ``BINS`` bins of confidence (left open, right closed); leave out empty ones.

    Args:
        confidence: (N,), in 0..1; right: (N,).
    """
    number = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return [_bin(confidence, right, number == one) for one in np.unique(number)]


def equal_numbers(confidence: Floats, right: NDArray[np.bool_]) -> list[Bin]:
    """Put images in the order of their confidence into ``BINS`` bins, or one an image if fewer."""
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    return [_bin(confidence, right, part) for part in parts]


def fitted_temperature(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the temperature of the lowest negative log-likelihood (Guo et al. 2017).

    In 1/T that is convex, so the one place is found where its slope changes sign. Where there is
    none, an end of ``TEMPERATURES`` is returned: the lower one if all are right. Where 1 is as good
    as any other, it is 1.

    Args:
        logits: (N, C) of N > 0 images that did not train; labels: (N,).
    """
    values = logits.astype(np.float64)
    of_truth = values[np.arange(len(labels)), labels]

    def slope(temperature: float) -> float:
        """The derivative by 1/T: positive where T is too low."""
        expected = (np.exp(log_probabilities(values, temperature)) * values).sum(1)
        return float((expected - of_truth).mean())

    if slope(1.0) == 0:
        return 1.0
    low, high = np.log(TEMPERATURES)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(np.exp(middle)) > 0 else (low, middle)
    return float(np.exp((low + high) / 2))


def area_under_risk(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the mean share of mistakes among the k surest images, over all k (AURC).

    Geifman, Uziel and El-Yaniv 2019, arXiv:1805.08206. Equal confidences count as one another's
    mean, so the order of the images does not matter.
    """
    return float(risk_by_coverage(logits, labels).mean())


def risk_by_coverage(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> Floats:
    """Return the share of mistakes among the k surest images for k = 1 to N, float64 (N,)."""
    confidence = np.exp(log_probabilities(logits)).max(1)
    wrong = (logits.argmax(1) != labels).astype(np.float64)
    _, group, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    mean_of_group = np.bincount(group, wrong) / sizes
    mistakes = np.cumsum(np.repeat(mean_of_group, sizes))
    return np.asarray(mistakes / np.arange(1, len(wrong) + 1))


def _bin(confidence: Floats, right: NDArray[np.bool_], chosen: NDArray[Any]) -> Bin:
    some = confidence[chosen]
    return Bin(float(some.mean()), float(right[chosen].mean()), len(some))


def _distance(bins: list[Bin]) -> float:
    n = sum(one.n for one in bins)
    return sum(one.n / n * abs(one.accuracy - one.confidence) for one in bins)
