"""Experiments beside each other on the same test images: can they be told apart?"""

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.common.wording import counted
from resnetcam.evaluation.paired import Difference, McNemar, differences, holm, mcnemar
from resnetcam.evaluation.predictions import read_predictions
from resnetcam.report.comparison import Row, best_by_validation

_MOST_PAIRS = 10
_SURE = 0.05


class Pair(NamedTuple):
    """Two experiments.

    Attributes:
        first, second: their names; seeds: how many each has.
        test: of the first seeds; its ``p`` is corrected for all pairs that are looked at together.
    """

    first: str
    second: str
    seeds: tuple[int, int]
    difference: Difference
    test: McNemar

    @property
    def verdict(self) -> str:
        """Say whether they differ, in words; of one seed each, if the test says so as well."""
        covers_seeds, many = self.difference.covers_seeds, self.difference.times_as_many
        ahead = self.first if self.difference.mean > 0 else self.second
        if self.difference.is_clear and (self.seeds != (1, 1) or self.test.p < _SURE):
            return f"{ahead} is better{'' if covers_seeds else ', in these trainings'}"
        if math.isinf(many):
            return "cannot be told apart"
        of_what = "test images and seeds" if covers_seeds else "test images"
        return f"cannot be told apart; {_times(many)} as many {of_what} probably would tell"

    @property
    def in_points(self) -> str:
        """Write the difference with its interval, in percentage points."""
        ends = (self.difference.mean, self.difference.low, self.difference.high)
        mean, low, high = (f"{100 * end:+.2f}" for end in ends)
        return f"{mean} ({low} to {high})"


def compare_pairs(predictions: Mapping[str, Sequence[Path]]) -> list[Pair]:
    """Compare experiments two by two, at most ten pairs; those with the first one come first.

    Args:
        predictions: of each experiment the ``predictions.h5`` of its seeds.

    Raises:
        InputError: if they are of other test images, by number or labels.
    """
    right, names = _right_by_experiment(predictions), list(predictions)
    pairs = list(itertools.islice(itertools.combinations(range(len(names)), 2), _MOST_PAIRS))
    found = differences(right, pairs)
    tests = [mcnemar(right[i][0], right[j][0]) for i, j in pairs]
    corrected = holm([test.p for test in tests])
    return [
        Pair(names[i], names[j], (len(right[i]), len(right[j])), one, test._replace(p=p))
        for (i, j), one, test, p in zip(pairs, found, tests, corrected, strict=True)
    ]


def beside_best(rows: Sequence[Row], predictions: Mapping[str, Sequence[Path]]) -> None:
    """Fill in, for each member of a sweep, how far its accuracy is from that of the sweep's best.

    The best is that of the highest validation accuracy. ``minus_best`` is the difference on the
    test images, ``minus_best_low`` to ``minus_best_high`` its interval, of all members at once.
    Where nothing was held out to choose on, there is no best and nothing is filled in.

    Args:
        rows: of ``comparison.compare``; predictions: as in ``compare_pairs``.

    Raises:
        InputError: if they are of other test images, by number or labels.
    """
    for sweep in dict.fromkeys(row["sweep"] for row in rows if row["sweep"]):
        members = [row for row in rows if row["sweep"] == sweep]
        best = best_by_validation(members)
        if best is None:
            continue
        right = _right_by_experiment(
            {row["experiment"]: predictions[row["experiment"]] for row in members}
        )
        place = members.index(best)
        others = [number for number in range(len(members)) if number != place]
        found = differences(right, [(number, place) for number in others])
        for number, one in zip(others, found, strict=True):
            ends = {"": one.mean, "_low": one.low, "_high": one.high}
            members[number] |= {f"minus_best{end}": value for end, value in ends.items()}


def in_words(pair: Pair) -> str:
    """Say a comparison in a few lines."""
    covered = "test images and seeds" if pair.difference.covers_seeds else "test images alone"
    b, c, p = pair.test
    return (
        f"{pair.first} and {pair.second}: {pair.verdict}.\n"
        f"Difference of accuracy: {pair.in_points} points, a 95% interval over {covered}.\n"
        f"Of the first seeds {b:,} images are right in the first only, {c:,} in the second only: "
        f"p = {p:.2g} (exact McNemar test)."
    )


def predictions_in(folder: Path) -> list[Path]:
    """Return ``predictions.h5`` of a run's folder, or of all seeds, in order, of an experiment's.

    Raises:
        InputError: if there is none.
    """
    found = sorted(folder.glob("predictions.h5")) or sorted(
        folder.glob("seed*/predictions.h5"), key=lambda path: (len(path.parent.name), path)
    )
    if not found:
        raise InputError(
            f"{folder} has no predictions.h5. Name the folder of a run, such as "
            "results/cifar10/fast/seed1, or of an experiment, such as results/cifar10/fast."
        )
    return found


def what_is_right(paths: Sequence[Path]) -> NDArray[np.bool_]:
    """Return what each run has right of the test images, bool (S, N)."""
    found, expected = [], None
    for path in paths:
        logits, labels = read_predictions(path, "test")
        if expected is not None and not np.array_equal(labels, expected):
            raise InputError(f"{path} and {paths[0]} are of other test images: compare within one.")
        expected = labels
        found.append(logits.argmax(1) == labels)
    return np.array(found)


def _right_by_experiment(predictions: Mapping[str, Sequence[Path]]) -> list[NDArray[np.bool_]]:
    everything = what_is_right([path for paths in predictions.values() for path in paths])
    ends = np.cumsum([len(paths) for paths in predictions.values()])[:-1]
    return np.split(everything, ends)


def _times(many: float) -> str:
    return counted(max(2, math.ceil(many)), "time")
