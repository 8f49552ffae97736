"""The linear classifier that a network must beat: ridge regression on the pixels."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.rows import Rows, parts

_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
_LARGEST_SIDE = 32  # pixels; the normal equations grow with the square of all pixels


class LinearClassifier(NamedTuple):
    """What names the class of the largest score.

    Attributes:
        mean: float32 (h, w, C), of the training images, shrunk as they are.
        weights: float32 (h * w * C + 1, classes), of centred pixels in 0..1, and of a one.
    """

    mean: NDArray[np.float32]
    weights: NDArray[np.float32]

    def classes(self, images: NDArray[np.uint8] | Rows) -> NDArray[np.int64]:
        """Return the class of each image, int64 (N,); they are as those that it was fitted to.

        Args:
            images: uint8 (N, H, W, C).
        """
        scores = (x @ self.weights for _, x in _features(images, self.mean))
        return np.concatenate([np.zeros(0, np.int64), *(one.argmax(1) for one in scores)])


def write_classifier(path: Path, classifier: LinearClassifier) -> None:
    """Write ``baseline.h5``."""
    with hdf5.writing(path) as file:
        for name, values in classifier._asdict().items():
            file.create_dataset(name, data=values, track_times=False)


def read_classifier(path: str | Path) -> LinearClassifier:
    """Read what ``write_classifier`` wrote.

    Raises:
        DamagedFileError: if it is something else.
    """
    with hdf5.reading(path) as file:
        found = LinearClassifier(
            hdf5.array(file, "mean", "f", 3), hdf5.array(file, "weights", "f", 2)
        )
        if len(found.weights) != found.mean.size + 1:
            raise ValueError(f"{len(found.weights)} weights, but {found.mean.size} pixels")
    return found


class _Sums(NamedTuple):
    """The normal equations of some images: their features' products, and those with targets."""

    gram: NDArray[np.float64]
    moments: NDArray[np.float64]


def linear_baseline(
    x_train: NDArray[np.uint8] | Rows,
    y_train: NDArray[np.integer],
    x_test: NDArray[np.uint8] | Rows,
    y_test: NDArray[np.integer],
    num_classes: int,
) -> tuple[LinearClassifier, dict[str, Any]]:
    """Fit one-hot targets by least squares in closed form and classify by the largest score.

    Images of more than 32 pixels a side are shrunk to no more: the mean of each block of pixels.
    They are read in parts, so they need not fit into memory.

    The penalty, in units of the mean squared feature times N, is chosen on a tenth of the training
    images (every tenth one); the classifier is then fitted on all of them.

    Args:
        x_train, x_test: uint8 (N, H, W, C), or such ``Rows`` of a file; y_train, y_test: (N,).

    Returns:
        The classifier; and its ``accuracy`` on the test set, ``n`` test images, the chosen
        ``penalty``.
    """
    everyone = np.arange(len(y_train))
    held, rest = everyone[everyone % 10 == 9], everyone[everyone % 10 != 9]
    mean = _mean(x_train)
    targets = np.eye(num_classes, dtype=np.float32)[y_train] - np.float32(1 / num_classes)
    of_held, of_rest = (_sums(Rows(x_train, rows), targets[rows], mean) for rows in (held, rest))
    fitted = _fit(of_rest, _PENALTIES)
    accuracies = _accuracies(Rows(x_train, held), y_train[held], fitted, mean)
    penalty = _PENALTIES[int(np.argmax(accuracies))]
    together = _Sums(of_held.gram + of_rest.gram, of_held.moments + of_rest.moments)
    (weights,) = _fit(together, (penalty,))
    classifier = LinearClassifier(mean, weights)
    accuracy = float((classifier.classes(x_test) == y_test).mean())
    return classifier, {"accuracy": accuracy, "n": len(y_test), "penalty": penalty}


def _mean(images: Any) -> NDArray[np.float32]:
    total = sum(_shrunk(images[part]).sum(0, dtype=np.float64) for part in parts(images))
    return np.asarray(total / len(images), np.float32)


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


def _features(
    images: Any, mean: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield parts of the images, and the features of these, float32 (n, F)."""
    for part in parts(images):
        centred = (_shrunk(images[part]) - mean) / np.float32(255)
        flat = centred.reshape(len(centred), -1)
        yield part, np.hstack([flat, np.ones((len(flat), 1), np.float32)])


def _sums(images: Any, targets: NDArray[np.float32], mean: NDArray[np.float32]) -> _Sums:
    size = mean.size + 1
    sums = _Sums(np.zeros((size, size)), np.zeros((size, targets.shape[1])))
    for part, x in _features(images, mean):
        np.add(sums.gram, x.T @ x, out=sums.gram)
        np.add(sums.moments, x.T @ targets[part], out=sums.moments)
    return sums


def _fit(sums: _Sums, penalties: Sequence[float]) -> list[NDArray[np.float32]]:
    gram, moments = (values.astype(np.float32) for values in sums)
    scale = np.trace(gram) / len(gram)
    identity = np.eye(len(gram), dtype=np.float32)
    return [np.linalg.solve(gram + penalty * scale * identity, moments) for penalty in penalties]


def _accuracies(
    images: Any,
    labels: NDArray[np.integer],
    classifiers: Sequence[NDArray[np.float32]],
    mean: NDArray[np.float32],
) -> list[float]:
    right = np.zeros(len(classifiers))
    for part, x in _features(images, mean):
        right += [((x @ weights).argmax(1) == labels[part]).sum() for weights in classifiers]
    return (right / len(labels)).tolist()
