"""What training minimises, and what it counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray


def cross_entropies(logits: Any, labels: Any, smoothing: float) -> tuple[Any, Any]:
    """Return each image's cross-entropy (natural logarithm) against two kinds of targets.

    Args:
        logits: (B, C), of any float dtype; labels: int (B,).
        smoothing: share of the target spread evenly over all classes (Szegedy et al. 2016,
            arXiv:1512.00567, section 7).

    Returns:
        Float32 (B,) against the smoothed targets, and against the plain labels.
    """
    log_probabilities = ops.log_softmax(ops.cast(logits, "float32"))
    targets = ops.one_hot(labels, logits.shape[-1], dtype="float32")
    plain = -ops.sum(targets * log_probabilities, axis=1)
    smoothed = (1 - smoothing) * plain - smoothing * ops.mean(log_probabilities, axis=1)
    return smoothed, plain


def correct_predictions(logits: Any, labels: Any) -> Any:
    """Count the images whose highest logit is their label's: a float32 scalar."""
    right = ops.equal(ops.cast(ops.argmax(logits, axis=1), "int32"), labels)
    return ops.sum(ops.cast(right, "float32"))


def penalty(decays: Sequence[float], variables: Sequence[NDArray[np.floating]]) -> float:
    """The weight decay as a loss term: the sum of decay/2 · w² over all variables."""
    return sum(
        decay / 2 * float(np.square(values, dtype=np.float64).sum())
        for decay, values in zip(decays, variables, strict=True)
        if decay
    )
