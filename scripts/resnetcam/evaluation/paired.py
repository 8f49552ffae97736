"""Are two experiments different? They are compared image by image, on the same test images."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

_RESAMPLES, _AT_A_TIME = 2000, 250
_Z95 = 1.959964
_POWER = (1 + 0.841621 / _Z95) ** 2  # for 80 % of the differences beyond an interval's end

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
        """How many times as many images (and seeds) tell a true difference of this size.

        With a power of 80 %: in four of five such comparisons.
        """
        half = (self.high - self.low) / 2
        return _POWER * (half / abs(self.mean)) ** 2 if self.mean else math.inf


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
    """Return differences of accuracies, with intervals over images and seeds.

    Images are drawn anew for all experiments at once. Where both of a pair have several seeds, what
    other seeds would change is drawn too: from the normal distribution, with the variance of the
    seeds' accuracies that equal networks would not have by chance (two-way analysis of variance,
    images by seeds). How far seeds vary is itself known from few of them, so the intervals are
    wider by what Student's t is wider than the normal distribution, with the degrees of freedom of
    Satterthwaite 1946 (Biometrics Bulletin 2, 110-114).

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
    n = experiments[0].shape[1]
    random = np.random.Generator(np.random.Philox(key=[seed, n]))
    means = np.array([one.mean() for one in experiments])
    images = _drawn_images(experiments, random) - means[:, np.newaxis]
    of_seeds = _variation_of_seeds(experiments)
    shares = np.array([1 / len(one) for one in experiments])
    seeds = random.standard_normal(images.shape) * np.sqrt(of_seeds.variance * shares[:, None])
    covers_seeds = [min(len(experiments[i]), len(experiments[j])) > 1 for i, j in pairs]
    off = np.array(
        [
            images[i] - images[j] + (seeds[i] - seeds[j] if covered else 0)
            for (i, j), covered in zip(pairs, covers_seeds, strict=True)
        ]
    )
    error = off.std(axis=1)
    deviations = np.divide(np.abs(off).T, error, out=np.zeros_like(off.T), where=error > 0)
    errors_wide = max(_Z95, float(np.quantile(deviations.max(axis=1), 0.95)))
    found = []
    for (i, j), one, covered in zip(pairs, error.tolist(), covers_seeds, strict=True):
        observed = of_seeds.observed * float(shares[i] + shares[j]) if covered else 0.0
        wide = _wider_for_few(errors_wide, one**2, observed, of_seeds.freedom)
        found.append(_with_one_more_each(float(means[i] - means[j]), one, n, wide, covered))
    return found


class _Seeds(NamedTuple):
    """How far the accuracies of single seeds of an experiment vary, alike in all experiments.

    Attributes:
        variance: what is left of ``observed`` without what equal networks would differ by on these
            images, by chance.
        observed: the variance of their accuracies on these images.
        freedom: how many differences between seeds it is known from.
    """

    variance: float
    observed: float
    freedom: int


def _variation_of_seeds(experiments: Sequence[Right]) -> _Seeds:
    n = experiments[0].shape[1]
    freedom = sum(len(one) - 1 for one in experiments)
    if not freedom:
        return _Seeds(0.0, 0.0, 0)
    between, within = 0.0, 0.0
    for right in experiments:
        of_seeds = right.mean(1, keepdims=True)
        rest = right - of_seeds - right.mean(0) + right.mean()
        between += float(((of_seeds - of_seeds.mean()) ** 2).sum())
        within += float((rest**2).sum())
    observed, by_chance = between / freedom, within / (freedom * max(1, n - 1)) / n
    return _Seeds(max(0.0, observed - by_chance), observed, freedom)


def _wider_for_few(errors_wide: float, variance: float, of_seeds: float, freedom: int) -> float:
    """How many errors wide an interval is whose variance is partly known from few seeds.

    Args:
        errors_wide: if it were known.
        of_seeds: what of the variance is known with so many degrees of ``freedom``.
    """
    uncertain = of_seeds**2 / freedom if freedom else 0.0
    if not uncertain:
        return errors_wide
    return float(t.ppf(norm.cdf(errors_wide), variance**2 / uncertain))


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


def _drawn_images(experiments: Sequence[Right], random: np.random.Generator) -> NDArray[np.float64]:
    """Mean accuracies on images that are drawn anew in each resample: (experiments, resamples)."""
    # Images that the same seeds have right are alike, so it is drawn how many there are of a kind.
    kinds, counts = np.unique(np.concatenate(experiments), axis=1, return_counts=True)
    ends = np.cumsum([len(one) for one in experiments])[:-1]
    shares = np.array([one.mean(0) for one in np.split(kinds, ends)])
    n = experiments[0].shape[1]
    found = []
    for _ in range(_RESAMPLES // _AT_A_TIME):
        numbers = random.multinomial(n, counts / n, _AT_A_TIME)
        found.append(shares @ numbers.T / n)
    return np.hstack(found)


def _two_sided(fewer: int, n: int) -> float:
    """Twice the chance of at most ``fewer`` heads in n throws; 1 of none."""
    tail = ways = 1  # of no heads, in whole numbers, which have no limit
    for heads in range(1, fewer + 1):
        ways = ways * (n - heads + 1) // heads
        tail += ways
    return min(1.0, 2 * tail / 2**n)
