"""A mean with its uncertainty."""

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 1000


def mean_with_interval(values: NDArray[np.floating]) -> dict[str, float]:
    """Return ``mean``, ``low`` and ``high`` of values (N,), one for each image.

    ``low`` to ``high`` is a 95 % bootstrap interval (percentiles, 1,000 resamples): how far the
    mean would move with other images of the same kind, not with another training.
    """
    generator = np.random.Generator(np.random.Philox(key=[0, len(values)]))
    picks = generator.integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(1), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}
