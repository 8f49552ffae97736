"""The labels of an experiment's images that its networks doubt: a table, and what is counted."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.tables import path_in_table, writing_table
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.files_of_images import train_files
from resnetcam.evaluation.labels import (
    Doubts,
    Floats,
    find_doubts,
    mean_probabilities,
    wrong_share,
    wrong_shares,
)
from resnetcam.evaluation.predictions import read_predictions

TEST, HELD_OUT, TRAINING = "test", "held_out", "training"

_GROUPS = {TEST: "test", HELD_OUT: "validation", TRAINING: "training"}  # of predictions.h5


class LabelledSet(NamedTuple):
    """Images that the networks say something of, and which of their labels look wrong.

    Attributes:
        name: ``TEST``, ``HELD_OUT``, or ``TRAINING``: those whose labels the networks learned.
        numbers: (N,), positions in ``x_test``, or else in ``x_train``; labels: (N,).
        probabilities: float64 (N, C), the mean over seeds.
        right: bool (S, N), what each seed's network takes for what its label says.
        files: the file of each image; empty where there is no such.
        doubts: about the labels, by position in this set.
    """

    name: str
    numbers: NDArray[np.integer]
    labels: NDArray[np.integer]
    probabilities: Floats
    right: NDArray[np.bool_]
    files: Sequence[str]
    doubts: Doubts

    @property
    def images(self) -> str:
        """The name of their array in ``data.h5``."""
        return "x_test" if self.name == TEST else "x_train"


def read_sets(data: DatasetReader, predictions: Sequence[Path], protocol: str) -> list[LabelledSet]:
    """Read what the seeds of an experiment say of test, held-out and training images.

    Sets without an image are left out.

    Args:
        predictions: ``predictions.h5`` of each seed.

    Raises:
        DamagedFileError: if one is of other images.
    """
    split, of_training = data.split(protocol), train_files(data.path)
    everything: list[tuple[str, NDArray[np.integer], list[str]]] = [
        (TEST, np.arange(len(data.array("y_test"))), data.test_files()),
        (HELD_OUT, split.validation, of_training),
        (TRAINING, split.train, of_training),
    ]
    return [
        _read_set(name, numbers, data, predictions, files)
        for name, numbers, files in everything
        if len(numbers)
    ]


def _read_set(
    name: str,
    numbers: NDArray[np.integer],
    data: DatasetReader,
    predictions: Sequence[Path],
    files: Sequence[str],
) -> LabelledSet:
    labels = data.array("y_test" if name == TEST else "y_train")[numbers]
    logits = []
    for path in predictions:
        of_seed, expected = read_predictions(path, _GROUPS[name])
        if not np.array_equal(labels, expected):
            raise DamagedFileError(path, f"its {_GROUPS[name]} images are not those of {data.path}")
        logits.append(of_seed)
    probabilities = mean_probabilities(logits)
    return LabelledSet(
        name,
        numbers,
        labels,
        probabilities,
        np.array([one.argmax(1) == labels for one in logits]),
        [files[one] for one in numbers] if files else (),
        find_doubts(probabilities, labels),
    )


def write_candidates(path: Path, sets: Sequence[LabelledSet], class_names: Sequence[str]) -> None:
    """Write ``label_candidates.csv``: a row a doubted label, of each set the surest first."""
    columns = ["set", "image", "file", "label", "suggested_class"]
    with writing_table(path) as write:
        write([*columns, "probability_of_label", "probability_of_suggestion", "margin"])
        for one in sets:
            _, candidates, suggestions = one.doubts
            for place, suggestion in zip(candidates.tolist(), suggestions.tolist(), strict=True):
                label = int(one.labels[place])
                file = path_in_table(one.files[place]) if one.files else ""
                of_label, of_other = one.probabilities[place, [label, suggestion]].tolist()
                numbers = [f"{value:.6g}" for value in (of_label, of_other, of_other - of_label)]
                names = class_names[label], class_names[suggestion]
                write([one.name, one.numbers[place], file, *names, *numbers])


def read_candidates(path: Path, class_names: Sequence[str]) -> dict[int, int]:
    """Read of which test images ``write_candidates`` wrote that their labels are doubted.

    Returns:
        The class that is suggested, by the image's position in ``x_test``.

    Raises:
        DamagedFileError: if it is something else.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return {
                int(row["image"]): class_names.index(row["suggested_class"])
                for row in csv.DictReader(file)
                if row["set"] == TEST
            }
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise DamagedFileError(path, f"it is no table of label candidates ({error})") from error


def summary(
    sets: Sequence[LabelledSet], class_names: Sequence[str], seeds: Sequence[int]
) -> dict[str, Any]:
    """Return the content of ``label_candidates.json``.

    Of each set the numbers of images and candidates and the estimated share of wrong labels, in all
    and of each class; and the test accuracy of each seed with all images, and without candidates.
    That is None where each image is one. Shares are None where nothing can be said: of training
    images, since the networks learned their labels.
    """
    test = next(one for one in sets if one.name == TEST)
    kept = np.ones(len(test.labels), bool)
    kept[test.doubts.candidates] = False
    return {
        "seeds": list(seeds),
        "sets": {one.name: _counted(one, class_names) for one in sets},
        "accuracy": _accuracy(test.right),
        "accuracy_without_candidates": _accuracy(test.right[:, kept]) if kept.any() else None,
    }


def _counted(one: LabelledSet, class_names: Sequence[str]) -> dict[str, Any]:
    images, candidates = (
        np.bincount(labels, minlength=len(class_names)).tolist()
        for labels in (one.labels, one.labels[one.doubts.candidates])
    )
    joint = one.doubts.joint
    is_learned = one.name == TRAINING
    shares = [None] * len(class_names) if is_learned else wrong_shares(joint)
    columns = zip(class_names, images, candidates, shares, strict=True)
    keys = ("class", "images", "candidates", "estimated_share")
    return {
        "images": len(one.labels),
        "candidates": len(one.doubts.candidates),
        "estimated_share": None if is_learned else wrong_share(joint, one.labels),
        "classes": [dict(zip(keys, row, strict=True)) for row in columns],
    }


def _accuracy(right: NDArray[np.bool_]) -> dict[str, Any]:
    return {"n": right.shape[1], "mean": float(right.mean()), "seeds": right.mean(1).tolist()}
