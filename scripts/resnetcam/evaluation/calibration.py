"""How far probabilities can be believed: proper scores, calibration errors, a temperature."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.evaluation.scoring import log_probabilities

BINS = 15  # as in Guo et al. 2017
TEMPERATURES = (0.05, 20.0)  # what is fitted stays between

_STEPS = 60  # of a bisection: to the last digit
_HALF_CHI_SQUARED = 1.920729  # of one degree of freedom, where 95 % are below
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
        images. (Bins of equal numbers are those of Nixon et al. 2019, arXiv:1904.01685, whose
        adaptive calibration error is about the probabilities of all classes; here, of the named one
        alone.)
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


class Temperature(NamedTuple):
    """What logits are divided by, to be as sure as they should.

    Attributes:
        value: of the lowest negative log-likelihood.
        low, high: its 95% interval, of the temperatures that are not much less likely.
    """

    value: float
    low: float
    high: float


def fitted_temperature(
    logits: NDArray[np.floating], labels: NDArray[np.integer]
) -> Temperature | None:
    """Fit a temperature to the lowest negative log-likelihood (Guo et al. 2017).

    In 1/T that is convex, so the one place is found where its slope changes sign. The interval is
    that of the likelihood ratio: where the log-likelihood of all images together is less than half
    of chi-squared's 95 % below its highest. Where 1 is as good as any other, it is 1.

    Args:
        logits: (N, C) of N > 0 images that did not train; labels: (N,).

    Returns:
        None if there is no such place within ``TEMPERATURES``: if all images are right, for one,
        the lower the better.
    """
    values = logits.astype(np.float64)
    rows = np.arange(len(labels))
    of_truth = values[rows, labels]

    def is_too_low(log_temperature: float) -> bool:
        """By the derivative by 1/T."""
        expected = (np.exp(log_probabilities(values, np.exp(log_temperature))) * values).sum(1)
        return float((expected - of_truth).mean()) > 0

    def loss(log_temperature: float) -> float:
        return -float(log_probabilities(values, np.exp(log_temperature))[rows, labels].sum())

    low, high = np.log(TEMPERATURES)
    if np.ptp(values, axis=1).max() == 0:
        return Temperature(1.0, *TEMPERATURES)
    if not is_too_low(low) or is_too_low(high):
        return None
    best = _change(is_too_low, low, high)
    highest = loss(best) + _HALF_CHI_SQUARED
    ends = (
        _change(lambda at: loss(at) > highest, low, best),
        _change(lambda at: loss(at) <= highest, best, high),
    )
    return Temperature(*(float(np.exp(one)) for one in (best, *ends)))


def _change(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return where a condition that holds below, and not above, stops to hold, by bisection."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


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
