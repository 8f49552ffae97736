"""A mean with its uncertainty."""

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from resnetcam.evaluation.intervals import wilson_interval

Values = NDArray[np.floating]

_BELOW = 0.975  # the share below the upper end of a 95 % interval


def mean_with_interval(values: Values) -> dict[str, float]:
    """Return ``mean``, ``low`` and ``high`` of values (N,) in -1..1, one for each image.

    ``low`` to ``high`` is Student's 95 % interval: how far the mean would move with other images of
    the same kind, not with another training. It stays in -1..1; a single value leaves it at that.
    """
    values, n = values.astype(np.float64), len(values)
    mean = float(values.mean())
    half = math.inf
    if n > 1:
        half = float(t.ppf(_BELOW, n - 1)) * float(values.std(ddof=1)) / math.sqrt(n)
    return {"mean": mean, "low": max(-1.0, mean - half), "high": min(1.0, mean + half)}


def share_with_interval(values: Values) -> dict[str, float]:
    """Return the same of values (N,) that are 0 or 1, or between: hits and misses.

    The interval is Wilson's (1927), which is not narrow where all are alike. Values between 0 and 1
    vary less than he assumes.
    """
    mean = float(values.mean(dtype=np.float64))
    low, high = wilson_interval(mean, len(values))
    return {"mean": mean, "low": low, "high": high}


def mean_of_shares(values: Values) -> dict[str, float]:
    """Return the same of values (N,) in 0..1 that are shares themselves: of cells, of attempts.

    Student's interval, within 0..1; Wilson's where all are alike, as they say nothing of how much
    they vary.
    """
    if np.ptp(values) == 0:
        return share_with_interval(values)
    return {name: max(0.0, end) for name, end in mean_with_interval(values).items()}


def means_beside_first(
    values: Mapping[str, Values], first: Mapping[str, Values], shares: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return each metric's mean and interval of its values (N,), one for each image.

    ``first`` has the first candidate's values on the same images, or nothing for itself. Of the
    others, ``minus_first`` is the mean of the differences, image by image, with its interval:
    images differ more than maps do, so it tells apart what two separate intervals cannot.

    Args:
        shares: the metrics whose values are hits and misses (``share_with_interval``).
    """
    found: dict[str, dict[str, Any]] = {}
    for metric, ours in values.items():
        is_share = metric in shares
        found[metric] = share_with_interval(ours) if is_share else mean_with_interval(ours)
        if first:
            behind = ours.astype(np.float64) - first[metric]
            found[metric]["minus_first"] = (
                _difference_of_shares(behind) if is_share else mean_with_interval(behind)
            )
    return found


def _difference_of_shares(differences: Values) -> dict[str, float]:
    """The mean of differences (N,) in -1..1 of hits and misses, with an interval.

    That of Bonett and Price 2012 (Journal of Educational and Behavioral Statistics 37, 479-488):
    one image more on either side, then Wald's. Few equal pairs do not make it a point. What is
    equal in each image is equal: it has no interval.
    """
    if not differences.any():
        return {"mean": 0.0, "low": 0.0, "high": 0.0}
    enlarged = np.concatenate([differences, [-1, 1]])
    half = float(norm.ppf(_BELOW)) * float(enlarged.std()) / math.sqrt(len(enlarged))
    centre = float(enlarged.mean())
    return {
        "mean": float(differences.mean()),
        "low": max(-1.0, centre - half),
        "high": min(1.0, centre + half),
    }
