"""Predictions, and what is counted on them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5
from resnetcam.common.tables import path_in_table, writing_table
from resnetcam.data.protocols import chooses_nothing, selected_on
from resnetcam.evaluation.calibration import (
    area_under_risk,
    fitted_temperature,
    scores,
)
from resnetcam.evaluation.scoring import (
    accuracy_and_loss,
    balanced_accuracy,
    log_probabilities,
    top_k_accuracy,
)

_TOP = (2, 3, 5)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities (N, C)."""
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


def confusion_matrix(
    labels: NDArray[np.integer], predictions: NDArray[np.integer], num_classes: int
) -> NDArray[np.int64]:
    """Count images by (true class, predicted class): int64 (C, C)."""
    cells = labels.astype(np.int64) * num_classes + predictions
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def write_confusions(path: Path, counts: NDArray[np.int64], class_names: Sequence[str]) -> None:
    """Write ``confusions.csv``: a row for each true and predicted class that images have.

    Of each true class the most frequent predictions come first; ``share`` is of its images.

    Args:
        counts: int64 (C, C), images by (true class, predicted class).
    """
    with writing_table(path) as write:
        write(["true_class", "predicted_class", "images", "share"])
        for name, row in zip(class_names, counts, strict=True):
            for predicted in np.argsort(-row, kind="stable")[: np.count_nonzero(row)]:
                share = row[predicted] / row.sum()
                write([name, class_names[predicted], row[predicted], f"{share:.6g}"])


def write_mistakes(
    path: Path,
    logits: NDArray[np.float32],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
    files: Sequence[str] = (),
) -> None:
    """Write ``mistakes.csv``: the test images that are taken for another class, the surest first.

    Args:
        files: the file of each test image, where there are such.
    """
    probabilities = softmax(logits)
    predicted = logits.argmax(1)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")]
    with writing_table(path) as write:
        write(["test_image", "file", "true_class", "predicted_class", "probability"])
        for index in surest.tolist():
            file = path_in_table(files[index]) if files else ""
            names = class_names[labels[index]], class_names[predicted[index]]
            write([index, file, *names, f"{probabilities[index, predicted[index]]:.6g}"])


def write_predictions(path: Path, predictions: dict[str, tuple[Any, Any]]) -> None:
    """Write ``predictions.h5``: a group a set, each with ``logits`` and ``labels``."""
    with hdf5.writing(path) as file:
        for name, (logits, labels) in predictions.items():
            file.create_dataset(f"{name}/logits", data=logits, track_times=False)
            file.create_dataset(f"{name}/labels", data=labels, track_times=False)


def read_predictions(path: Path, name: str) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
    """Return (logits (N, C), labels (N,)) of the ``test``, ``validation`` or ``training`` set."""
    with hdf5.reading(path) as file:
        logits = hdf5.array(file, f"{name}/logits", "f", 2)
        labels = hdf5.array(file, f"{name}/labels", "iu", 1)
        if len(logits) != len(labels):
            raise ValueError(f"{name} has {len(logits)} logits and {len(labels)} labels")
    return logits, labels


def metrics(
    logits: NDArray[np.float32],
    labels: NDArray[np.integer],
    history: list[dict[str, float]],
    protocol: str,
    select: str,
    held_out: tuple[NDArray[np.float32], NDArray[np.integer]] | None = None,
    flipped: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """Return the content of ``metrics.json``.

    All scores are the test set's, of the selected epoch's model: ``accuracy``,
    ``balanced_accuracy``, ``top_k_accuracy``, those of ``calibration.scores`` and ``aurc``;
    ``loss`` is ``nll``, under the name that it has in ``history.csv``. ``temperature`` is fitted on
    held-out images, ``temperature_interval`` is its 95% interval, and ``calibrated`` are the scores
    with it; all are None where no image was held out, or none fits (``fitted_temperature``).
    ``flipped`` are scores of the mean of the probabilities of an image and its mirror image.
    ``best`` and ``last`` are those epochs' figures on the set that chooses, which ``selected_on``
    names. Where nothing is chosen, ``best`` is None, and so are the figures of ``last``.

    Args:
        logits, labels: of the test set, (N, C) and (N,).
        held_out: the same of images that neither train nor test; None, or empty, if there are none.
        flipped: logits of the test set's mirror images, where these show the same classes.
    """
    accuracy, loss = accuracy_and_loss(logits, labels)
    balanced = balanced_accuracy(labels, logits.argmax(1))
    classes = logits.shape[1]
    temperature = fitted_temperature(*held_out) if held_out and len(held_out[1]) else None
    rows = {"last": history[-1]}
    if not chooses_nothing(protocol):
        rows["best"] = max(history, key=lambda row: row["val_accuracy"])
    return {
        "accuracy": accuracy,
        "balanced_accuracy": balanced,
        "loss": loss,
        "n": len(labels),
        "top_k_accuracy": {str(k): top_k_accuracy(logits, labels, k) for k in _TOP if k < classes},
        **scores(logits, labels),
        "aurc": area_under_risk(logits, labels),
        "temperature": temperature and temperature.value,
        "temperature_interval": temperature and {"low": temperature.low, "high": temperature.high},
        "calibrated": temperature and scores(logits, labels, temperature.value),
        "flipped": _of_both(logits, flipped, labels),
        "protocol": protocol,
        "selected_on": selected_on(protocol),
        "selected_epoch": int(rows[select]["epoch"]),
        **{name: _of_epoch(rows.get(name)) for name in ("best", "last")},
    }


def _of_both(
    logits: NDArray[np.float32], flipped: NDArray[np.float32] | None, labels: NDArray[np.integer]
) -> dict[str, float] | None:
    """Accuracy and negative log-likelihood of the mean of two predictions' probabilities."""
    if flipped is None:
        return None
    both = np.logaddexp(log_probabilities(logits), log_probabilities(flipped)) - np.log(2)
    accuracy, nll = accuracy_and_loss(both, labels)
    return {"accuracy": accuracy, "nll": nll}


def _of_epoch(row: Mapping[str, float] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    figures = {name: row.get(name) for name in ("val_accuracy", "val_loss")}
    return {"epoch": int(row["epoch"]), **figures}
