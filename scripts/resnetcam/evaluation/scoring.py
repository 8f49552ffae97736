"""Accuracy and cross-entropy of logits, over all images and class by class."""

import numpy as np
from numpy.typing import NDArray


def accuracy_and_loss(
    logits: NDArray[np.floating], labels: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the share of correct predictions and the mean cross-entropy (nats), in float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    accuracy = float((logits.argmax(1) == labels).mean())
    return accuracy, float(-log_probabilities[np.arange(len(labels)), labels].mean())


def balanced_accuracy(labels: NDArray[np.integer], predictions: NDArray[np.integer]) -> float:
    """Return the mean recall of the classes that have images: each counts alike, rare or not."""
    classes = np.unique(labels)
    return float(np.mean([(predictions[labels == one] == one).mean() for one in classes]))


def top_k_accuracy(logits: NDArray[np.floating], labels: NDArray[np.integer], k: int) -> float:
    """Return the share of images whose class is among the k most likely ones.

    Of equal logits the earlier class counts as more likely, as for ``accuracy``.
    """
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    return float((best == labels[:, np.newaxis]).any(1).mean())
