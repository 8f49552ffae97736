"""Intervals of shares."""

import math

_Z95 = 1.959964


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Return the 95% score interval of a binomial share of n > 0 (Wilson 1927)."""
    centre = share + _Z95**2 / (2 * n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + (_Z95 / (2 * n)) ** 2)
    scale = 1 + _Z95**2 / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
