"""Do the maps lie on the objects? Pointing game and energy inside known regions.

Both are compared to maps that know nothing of the image: uniform, and a centred Gaussian, which
is a strong guess since objects are mostly centred. Neither says whether the network *uses* what
lies under the map, only where the map lies. (A map with a random peak scores what the uniform one
scores, since a tie counts as the share of its pixels inside.)
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.cam import resize_bilinear

Maps = NDArray[np.float32]
Masks = NDArray[np.bool_]

_RESAMPLES = 1000
_GAUSSIAN_SIGMA_OF_SIDE = 0.25


def pointing_game(maps: Maps, masks: Masks) -> NDArray[np.float64]:
    """For each image, does the map's peak lie in the region? (Zhang et al. 2016, section 4.1)

    Args:
        maps: float32 (N, H, W); masks: bool (N, H, W), none empty.

    Returns:
        float64 (N,): 1 for a hit, 0 for a miss; where several pixels tie for the peak, the share
        of them inside, so a flat map gains nothing; 0 for a map of zeros, which points nowhere.
    """
    peaks = maps == maps.max((1, 2), keepdims=True)
    hits = (peaks & masks).sum((1, 2)) / peaks.sum((1, 2))
    return np.where(maps.any((1, 2)), hits, 0.0)


def energy_inside(maps: Maps, masks: Masks) -> NDArray[np.float64]:
    """For each image, the share of the map's sum inside the region (Wang et al. 2020, eq. 7).

    Returns:
        float64 (N,) in 0..1; 0 for a map of zeros.
    """
    total = maps.sum((1, 2), dtype=np.float64)
    inside = (maps * masks).sum((1, 2), dtype=np.float64)
    return np.divide(inside, total, out=np.zeros_like(total), where=total > 0)


def centred_gaussian(height: int, width: int) -> Maps:
    """A map (1, H, W) that always points to the middle; sigma is a quarter of the side."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in (height, width))
    exponent = (rows[:, None] / height) ** 2 + (columns[None, :] / width) ** 2
    return np.exp(-exponent / (2 * _GAUSSIAN_SIGMA_OF_SIDE**2)).astype(np.float32)[None]


def score(maps: Maps, masks: Masks) -> dict[str, Any]:
    """Score raw maps (N, h, w) and the baselines on regions (N, H, W).

    Returns:
        ``n``, ``zero_maps``, ``region_share`` (mean share of the image that is region), and for
        ``maps``, ``centred_gaussian`` and ``uniform`` each metric's mean with a bootstrap 95 %
        interval over images.
    """
    height, width = masks.shape[1:]
    uniform = np.ones((1, height, width), np.float32)
    candidates = {
        "maps": resize_bilinear(maps, height, width),
        "centred_gaussian": np.broadcast_to(centred_gaussian(height, width), masks.shape),
        "uniform": np.broadcast_to(uniform, masks.shape),
    }
    scores = {
        name: {
            "pointing_game": _mean_with_interval(pointing_game(candidate, masks)),
            "energy_inside": _mean_with_interval(energy_inside(candidate, masks)),
        }
        for name, candidate in candidates.items()
    }
    return {
        "n": len(masks),
        "zero_maps": int((~maps.any((1, 2))).sum()),
        "region_share": float(masks.mean()),
        **scores,
    }


def _mean_with_interval(values: NDArray[np.float64]) -> dict[str, float]:
    generator = np.random.Generator(np.random.Philox(key=[0, len(values)]))
    picks = generator.integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(1), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}
