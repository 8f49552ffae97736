"""A mean with its uncertainty."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]

_RESAMPLES = 1000


def mean_with_interval(values: Values) -> dict[str, float]:
    """Return ``mean``, ``low`` and ``high`` of values (N,), one for each image.

    ``low`` to ``high`` is a 95 % bootstrap interval (percentiles, 1,000 resamples): how far the
    mean would move with other images of the same kind, not with another training.
    """
    generator = np.random.Generator(np.random.Philox(key=[0, len(values)]))
    picks = generator.integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(1), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def means_beside_first(
    values: Mapping[str, Values], first: Mapping[str, Values]
) -> dict[str, dict[str, Any]]:
    """Return ``mean_with_interval`` of each metric's values (N,), one for each image.

    ``first`` has the first candidate's values on the same images, or nothing for itself. Of the
    others, ``minus_first`` is the mean of the differences, image by image, with its interval:
    images differ more than maps do, so it tells apart what two separate intervals cannot.
    """
    return {
        metric: mean_with_interval(found)
        | ({"minus_first": mean_with_interval(found - first[metric])} if first else {})
        for metric, found in values.items()
    }
