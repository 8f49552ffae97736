"""How well each class is recognised: precision, recall and F1, each with its interval."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.tables import writing_table
from resnetcam.evaluation.intervals import wilson_interval


class Share(NamedTuple):
    """A share, and its 95% interval."""

    value: float
    low: float
    high: float


class ClassScores(NamedTuple):
    """One class.

    Attributes:
        images: how many test images it has; predicted: how many are taken for it.
        precision: the share of the latter that belong to it; recall: the share of the former that
            are taken for it; f1: their harmonic mean. None where there are no such images.
    """

    name: str
    images: int
    predicted: int
    precision: Share | None
    recall: Share | None
    f1: Share | None


def scores_of_classes(counts: NDArray[np.int64], class_names: Sequence[str]) -> list[ClassScores]:
    """Return the scores of each class.

    Args:
        counts: (C, C), images by (true class, predicted class).
    """
    right = counts.diagonal().tolist()
    images, predicted = (counts.sum(axis).tolist() for axis in (1, 0))
    return [
        ClassScores(
            name,
            images[i],
            predicted[i],
            _share(right[i], predicted[i]),
            _share(right[i], images[i]),
            _f1(right[i], images[i] + predicted[i] - right[i]),
        )
        for i, name in enumerate(class_names)
    ]


def weakest_classes(scores: Iterable[ClassScores], most: int) -> list[ClassScores]:
    """Return the classes of the lowest F1, at most so many; those that have none come last."""
    return sorted(scores, key=lambda one: one.f1.value if one.f1 else 2)[:most]


def write_scores_of_classes(path: Path, scores: Iterable[ClassScores]) -> None:
    """Write ``classes.csv``: a row a class; fields of what there is not are empty."""
    shares = ("precision", "recall", "f1")
    columns = [f"{share}{end}" for share in shares for end in ("", "_low", "_high")]
    with writing_table(path) as write:
        write(["class", "images", "predicted", *columns])
        for one in scores:
            found = [value for share in one[3:] for value in share or [None] * 3]
            numbers = ["" if value is None else f"{value:.6g}" for value in found]
            write([*one[:3], *numbers])


def read_scores_of_classes(path: Path) -> list[ClassScores]:
    """Read what ``write_scores_of_classes`` wrote.

    Raises:
        DamagedFileError: if it is something else.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"class", "f1"} - set(reader.fieldnames or ()):
                raise ValueError(f"no column {min(missing)!r}")
            return [_read_row(row) for row in reader]
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise DamagedFileError(path, f"it is no table of classes ({error})") from error


def _read_row(row: dict[str, str]) -> ClassScores:
    shares = []
    for name in ("precision", "recall", "f1"):
        texts = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
        shares.append(Share(*map(float, texts)) if texts[0] else None)
    return ClassScores(row["class"], int(row["images"]), int(row["predicted"]), *shares)


def _share(part: int, whole: int) -> Share | None:
    return Share(part / whole, *wilson_interval(part / whole, whole)) if whole else None


def _f1(right: int, together: int) -> Share | None:
    """F1 grows with right / together (Jaccard's index J), a share of these images: F1 = 2J/(1+J).

    So the interval of the one is that of the other.
    """
    index = _share(right, together)
    return index and Share(*(2 * value / (1 + value) for value in index))
