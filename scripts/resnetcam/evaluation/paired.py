"""Are two experiments different? They are compared image by image, on the same test images."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_RESAMPLES, _AT_A_TIME = 2000, 250
_Z95 = 1.959964

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
        mean: the difference, a share; low, high: its 95% interval, of a family's all at once.
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
    """Return the difference of two experiments' accuracies, as ``differences`` does of several."""
    (found,) = differences([first, second], [(0, 1)], seed)
    return found


def differences(
    experiments: Sequence[Right], pairs: Sequence[tuple[int, int]], seed: int = 0
) -> list[Difference]:
    """Return differences of accuracies, with bootstrap intervals over images and seeds.

    Images are drawn anew for all experiments at once; seeds, where both of a pair have several, for
    each by itself. Few drawn seeds vary less than new ones would, by the factor (S - 1) / S of
    their variance, which is made good. Drawing both is too careful as to images (Owen 2007, "The
    pigeonhole bootstrap"), and too bold where two or three seeds differ by far more than images
    account for: then 95 % are 85 to 90 %.

    The intervals are simultaneous: all of a family hold 95 % of the time. They are as many standard
    errors wide as the largest deviation of a resample is in 95 % of 2,000 (max-t: Romano and Wolf
    2005), so they know how much the pairs have in common.

    A resample cannot be more varied than few images are: three that only one experiment has right
    would give no width at all. So, as Bonett and Price do (2012, Journal of Educational and
    Behavioral Statistics 37, 479-488), the interval is that of the images and of one more for
    either side. What is equal in each image is equal: it has no interval.

    Args:
        experiments: what the seeds of each have right, (S, N), of the same N > 0 images.
        pairs: positions of the experiments; the second is taken from the first.
    """
    if not pairs:
        return []
    random = np.random.Generator(np.random.Philox(key=[seed, experiments[0].shape[1]]))
    drawn = _drawn_images(experiments, random)
    with_seeds = [
        _of_drawn_seeds(one, random) if len(one) > 1 else np.zeros(_RESAMPLES) for one in drawn
    ]
    means = [float(one.mean()) for one in experiments]
    covers_seeds = [min(len(experiments[i]), len(experiments[j])) > 1 for i, j in pairs]
    off = np.array(
        [
            (with_seeds[i] - with_seeds[j] if covered else drawn[i].mean(0) - drawn[j].mean(0))
            - (means[i] - means[j])
            for (i, j), covered in zip(pairs, covers_seeds, strict=True)
        ]
    )
    error = off.std(axis=1)
    deviations = np.divide(np.abs(off).T, error, out=np.zeros_like(off.T), where=error > 0)
    errors_wide = max(_Z95, float(np.quantile(deviations.max(axis=1), 0.95)))
    n = experiments[0].shape[1]
    return [
        _with_one_more_each(means[i] - means[j], one, n, errors_wide, covered)
        for (i, j), one, covered in zip(pairs, error.tolist(), covers_seeds, strict=True)
    ]


def _with_one_more_each(
    mean: float, error: float, n: int, errors_wide: float, covers_seeds: bool
) -> Difference:
    """The interval of a difference over n images, and one more that either alone has right."""
    if not mean and not error:
        return Difference(0.0, 0.0, 0.0, covers_seeds)
    centre = mean * n / (n + 2)
    half = errors_wide * math.sqrt(n**2 * error**2 + 2 + 2 * mean * centre) / (n + 2)
    return Difference(mean, max(-1.0, centre - half), min(1.0, centre + half), covers_seeds)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct a family's p-values, so that it errs as often as a single test (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def _drawn_images(
    experiments: Sequence[Right], random: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Accuracies on images that are drawn anew in each resample: (S, resamples) an experiment."""
    # Images that the same seeds have right are alike, so it is drawn how many there are of a kind.
    kinds, counts = np.unique(np.concatenate(experiments), axis=1, return_counts=True)
    n = experiments[0].shape[1]
    found = []
    for _ in range(_RESAMPLES // _AT_A_TIME):
        numbers = random.multinomial(n, counts / n, _AT_A_TIME)
        found.append(kinds.astype(np.float64) @ numbers.T / n)
    ends = np.cumsum([len(one) for one in experiments])[:-1]
    return np.split(np.hstack(found), ends)


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
