"""Accuracy and cross-entropy of logits, over all images and class by class."""

import numpy as np
from numpy.typing import NDArray


def log_probabilities(
    logits: NDArray[np.floating], temperature: float = 1.0
) -> NDArray[np.float64]:
    """Return the logarithms of softmax(logits / temperature), float64 (N, C)."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(1, keepdims=True)))


def accuracy_and_loss(
    logits: NDArray[np.floating], labels: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the share of correct predictions and the mean cross-entropy (nats), in float64."""
    accuracy = float((logits.argmax(1) == labels).mean())
    return accuracy, float(-log_probabilities(logits)[np.arange(len(labels)), labels].mean())


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
