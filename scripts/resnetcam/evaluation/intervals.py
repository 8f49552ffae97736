"""Intervals of shares."""

import math

_Z95 = 1.959964


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Return the 95% score interval of a binomial share of n > 0 (Wilson 1927)."""
    centre = share + _Z95**2 / (2 * n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + (_Z95 / (2 * n)) ** 2)
    scale = 1 + _Z95**2 / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def newcombe_interval(
    first: float, first_n: int, second: float, second_n: int
) -> tuple[float, float]:
    """Return the 95% interval of ``first - second``, shares of independent images.

    From the ends of their Wilson intervals (Newcombe 1998, "Interval estimation for the difference
    between independent proportions", Statistics in Medicine 17, 873–890, method 10).
    """
    low, high = wilson_interval(first, first_n)
    other_low, other_high = wilson_interval(second, second_n)
    difference = first - second
    return (
        difference - math.hypot(first - low, other_high - second),
        difference + math.hypot(high - first, second - other_low),
    )
