"""Are two experiments different? They are compared image by image, on the same test images."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 2000

Right = NDArray[np.bool_]


class McNemar(NamedTuple):
    """The exact McNemar test of two classifiers (McNemar 1947).

    Attributes:
        first_only, second_only: images that only the one or only the other has right.
        p: the two-sided probability of so unequal numbers, or more so, if both are as good.
    """

    first_only: int
    second_only: int
    p: float


class Difference(NamedTuple):
    """How far the first experiment's accuracy is above the second's.

    Attributes:
        mean: the difference, a share; low, high: its 95% interval.
        covers_seeds: whether the interval is about other trainings, too: both have several seeds.
    """

    mean: float
    low: float
    high: float
    covers_seeds: bool

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0

    @property
    def times_as_many(self) -> float:
        """How many times as many images (and seeds) would tell a difference of this size."""
        half = (self.high - self.low) / 2
        return (half / abs(self.mean)) ** 2 if self.mean else math.inf


def mcnemar(first: Right, second: Right) -> McNemar:
    """Test two classifiers by the images that only one has right; what they have right: (N,)."""
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return McNemar(b, c, _two_sided(min(b, c), b + c))


def difference(first: Right, second: Right, seed: int = 0) -> Difference:
    """Return the difference of the accuracies, with a bootstrap interval over images and seeds.

    Images are drawn anew for both at once; seeds, where both have several, for each by itself. Few
    drawn seeds vary less than new ones would, by the factor (S - 1) / S of their variance, which is
    made good. Drawing both is a little too careful, never too bold (Owen 2007, "The pigeonhole
    bootstrap"). Percentiles of 2,000 resamples.

    Args:
        first, second: what each seed has right, (S, N) and (T, N), of the same N > 0 images.
    """
    random = np.random.Generator(np.random.Philox(key=[seed, first.shape[1]]))
    covers_seeds = min(len(first), len(second)) > 1
    # Images that the same seeds have right are alike, so it is drawn how many there are of a kind.
    kinds, counts = np.unique(np.concatenate([first, second]), axis=1, return_counts=True)
    n = first.shape[1]
    drawn = random.multinomial(n, counts / n, _RESAMPLES) / n
    found = np.zeros(_RESAMPLES)
    for sign, right in ((1, kinds[: len(first)]), (-1, kinds[len(first) :])):
        of_seeds = right.astype(np.float64) @ drawn.T  # (S, resamples)
        found += sign * (_of_drawn_seeds(of_seeds, random) if covers_seeds else of_seeds.mean(0))
    low, high = np.percentile(found, [2.5, 97.5])
    return Difference(float(first.mean() - second.mean()), float(low), float(high), covers_seeds)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct a family's p-values, so that it errs as often as a single test (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def _of_drawn_seeds(
    accuracies: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Means over seeds that are drawn anew in each resample, of accuracies (S, resamples)."""
    seeds, resamples = accuracies.shape
    picks = random.integers(0, seeds, (seeds, resamples))
    means = accuracies.mean(0)
    drawn = np.take_along_axis(accuracies, picks, 0).mean(0)
    return np.asarray(means + (drawn - means) * math.sqrt(seeds / (seeds - 1)))


def _two_sided(fewer: int, n: int) -> float:
    """Twice the chance of at most ``fewer`` heads in n throws; 1 of none."""
    tail = ways = 1  # of no heads, in whole numbers, which have no limit
    for heads in range(1, fewer + 1):
        ways = ways * (n - heads + 1) // heads
        tail += ways
    return min(1.0, 2 * tail / 2**n)
