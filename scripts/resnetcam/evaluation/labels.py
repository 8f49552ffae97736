"""Which labels look wrong: confident learning (Northcutt et al. 2021, arXiv:1911.00068).

A class's threshold is how sure the network is of it, on average, in images that have its label. An
image counts as confidently of a class if its probability reaches that threshold; where it counts as
another class than its label says, the label is a candidate to be looked at. That is no verdict.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.evaluation.scoring import log_probabilities

_SLACK = 1e-6  # of equal probabilities, whose mean is rounded

Floats = NDArray[np.float64]


class Doubts(NamedTuple):
    """What confident learning finds.

    Attributes:
        joint: int64 (C, C), images by (label, class that they confidently are); an image that
            reaches no threshold does not count.
        candidates: int64 (K,), positions of the images whose label is doubted, the surest first:
            those with the lowest probability of their label.
        suggestions: int64 (K,), the class that each of them is taken for.
    """

    joint: NDArray[np.int64]
    candidates: NDArray[np.int64]
    suggestions: NDArray[np.int64]


def mean_probabilities(logits: Sequence[NDArray[np.floating]]) -> Floats:
    """Return the mean of several networks' probabilities, float64 (N, C), of logits (N, C) each."""
    total = np.zeros(logits[0].shape)
    for one in logits:
        total += np.exp(log_probabilities(one))
    return total / len(logits)


def class_thresholds(probabilities: Floats, labels: NDArray[np.integer]) -> Floats:
    """Return the mean probability of each class in images of that label, float64 (C,).

    Of a class without an image it is infinite, so no image counts as it.
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    classes = probabilities.shape[1]
    sums, counts = (np.bincount(labels, weights, classes) for weights in (of_label, None))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)


def find_doubts(probabilities: Floats, labels: NDArray[np.integer]) -> Doubts:
    """Count images by label and confident class, and name the labels that are doubted.

    Of several classes that reach their thresholds the likeliest counts. A label that is the
    likeliest class of all, or as likely, is not doubted.

    Args:
        probabilities: (N, C), of networks that were not trained on these labels: of others, hardly
            any label is doubted. labels: (N,).
    """
    classes = probabilities.shape[1]
    is_confident = probabilities >= class_thresholds(probabilities, labels) - _SLACK
    counts = is_confident.any(1)
    confident = np.where(is_confident, probabilities, -1.0).argmax(1)
    cells = labels[counts].astype(np.int64) * classes + confident[counts]
    joint = np.bincount(cells, minlength=classes**2).reshape(classes, classes)
    of_label = probabilities[np.arange(len(labels)), labels]
    is_doubted = counts & (confident != labels)
    is_doubted &= of_label < probabilities.max(1, initial=0) - _SLACK
    found = np.flatnonzero(is_doubted)
    of_other = probabilities[found, confident[found]]
    found = found[np.lexsort((-of_other, of_label[found]))]
    return Doubts(joint, found, confident[found])


def wrong_shares(joint: NDArray[np.int64]) -> list[float | None]:
    """Estimate of each label what share of its images is of another class.

    None of a label whose images all reach no threshold, or that has none.
    """
    totals, right = joint.sum(1).tolist(), joint.diagonal().tolist()
    return [1 - kept / n if n else None for kept, n in zip(right, totals, strict=True)]


def wrong_share(joint: NDArray[np.int64], labels: NDArray[np.integer]) -> float | None:
    """Estimate what share of all labels is wrong: ``wrong_shares``, by how many images have each.

    Labels of which nothing is known are left out; None if that is all.
    """
    numbers = np.bincount(labels, minlength=len(joint)).tolist()
    known = [
        (n, share)
        for n, share in zip(numbers, wrong_shares(joint), strict=True)
        if share is not None
    ]
    total = sum(n for n, _ in known)
    return sum(n * share for n, share in known) / total if total else None
