"""The linear classifier that a network must beat: ridge regression on the pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
_LARGEST_SIDE = 32  # pixels; the normal equations grow with the square of all pixels


def linear_baseline(
    x_train: NDArray[np.uint8],
    y_train: NDArray[np.uint8],
    x_test: NDArray[np.uint8],
    y_test: NDArray[np.uint8],
    num_classes: int,
) -> dict[str, Any]:
    """Fit one-hot targets by least squares in closed form and classify by the largest score.

    Images of more than 32 pixels a side are shrunk to no more: the mean of each block of pixels.

    The penalty, in units of the mean squared feature times N, is chosen on a tenth of the training
    images (every tenth one); the classifier is then fitted on all of them.

    Args:
        x_train, x_test: uint8 (N, H, W, C); y_train, y_test: (N,).

    Returns:
        ``accuracy`` on the test set, ``n`` test images, the chosen ``penalty``.
    """
    x_train, x_test = _shrunk(x_train), _shrunk(x_test)
    mean = x_train.mean(0, dtype=np.float64).astype(np.float32)
    train, test = _features(x_train, mean), _features(x_test, mean)
    targets = np.eye(num_classes, dtype=np.float32)[y_train] - np.float32(1 / num_classes)
    held_out = np.arange(len(train)) % 10 == 9
    fitted = _fit(train[~held_out], targets[~held_out], _PENALTIES)
    accuracies = [_accuracy(train[held_out], y_train[held_out], w) for w in fitted]
    penalty = _PENALTIES[int(np.argmax(accuracies))]
    (weights,) = _fit(train, targets, (penalty,))
    return {"accuracy": _accuracy(test, y_test, weights), "n": len(y_test), "penalty": penalty}


def _shrunk(images: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the means of square blocks, as few as leave at most 32 a side; uint8 stays exact."""
    n, height, width, channels = images.shape
    block = -(-max(height, width) // _LARGEST_SIDE)
    if block == 1:
        return images
    rows, columns = height // block, width // block
    shrunk = np.zeros((n, rows, columns, channels), np.float32)
    for down in range(block):
        for right in range(block):
            shrunk += images[:, down : rows * block : block, right : columns * block : block]
    return shrunk / block**2


def _features(images: NDArray[np.uint8], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = (images - mean).reshape(len(images), -1) / np.float32(255)
    return np.hstack([centred, np.ones((len(images), 1), np.float32)])


def _fit(x: NDArray[np.float32], targets: NDArray[np.float32], penalties: Any) -> list[Any]:
    gram, moments = x.T @ x, x.T @ targets
    scale = np.trace(gram) / len(gram)
    identity = np.eye(len(gram), dtype=np.float32)
    return [np.linalg.solve(gram + penalty * scale * identity, moments) for penalty in penalties]


def _accuracy(x: NDArray[np.float32], y: NDArray[np.uint8], weights: NDArray[np.float32]) -> float:
    return float(((x @ weights).argmax(1) == y).mean())
