"""Do the maps lie on the objects? Pointing game and energy inside known regions.

Neither says whether the network *uses* what lies under a map, only where the map lies; so each is
compared with maps that know nothing of the image, and with a network that knows nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.baselines import BASELINES
from resnetcam.cam import resize_bilinear
from resnetcam.intervals import mean_with_interval
from resnetcam.maps import Maps
from resnetcam.regions import RegionMasks

Floats = NDArray[np.float32]
Masks = NDArray[np.bool_]


def pointing_game(maps: Floats, masks: Masks) -> NDArray[np.float64]:
    """For each image, does the map's peak lie in the region? (Zhang et al. 2016, section 4.1)

    The peak is the centre of the map's highest cell. (In an enlarged map it would be drawn to the
    border, since interpolation lowers every cell but those at the edge.)

    Args:
        maps: float32 (N, h, w), raw; masks: bool (N, H, W), none empty.

    Returns:
        float64 (N,): 1 for a hit, 0 for a miss. A centre that lies between pixels counts by how
        many of them are inside. Where several cells tie for the peak, the mean of them counts, so
        a flat map gains nothing; 0 for a map of zeros, which points nowhere.
    """
    inside = resize_bilinear(masks.astype(np.float32), *maps.shape[1:])
    peaks = maps == maps.max((1, 2), keepdims=True)
    hits = (peaks * inside).sum((1, 2), dtype=np.float64) / peaks.sum((1, 2))
    return np.where(maps.any((1, 2)), hits, 0.0)


def energy_inside(maps: Floats, masks: Masks) -> NDArray[np.float64]:
    """For each image, the share of the map's sum inside the region (Wang et al. 2020, eq. 7).

    Returns:
        float64 (N,) in 0..1; 0 for a map of zeros.
    """
    total = maps.sum((1, 2), dtype=np.float64)
    inside = (maps * masks).sum((1, 2), dtype=np.float64)
    return np.divide(inside, total, out=np.zeros_like(total), where=total > 0)


def score(maps: Floats, masks: Masks) -> dict[str, Any]:
    """Score raw maps (N, h, w) on regions (N, H, W), with bootstrap 95 % intervals over images."""
    enlarged = resize_bilinear(maps, *masks.shape[1:])
    return {
        "n": len(maps),
        "zero_maps": int((~maps.any((1, 2))).sum()),
        "pointing_game": mean_with_interval(pointing_game(maps, masks)),
        "energy_inside": mean_with_interval(energy_inside(enlarged, masks)),
    }


def score_all(candidates: Mapping[str, Maps], known: RegionMasks) -> dict[str, Any]:
    """Score every candidate on the images that it has in common with the known regions.

    Args:
        candidates: maps by name; the first has maps of all images with known regions.

    Returns:
        ``region_share`` (mean share of an image that is region), and ``candidates``: a section
        (``score``) for each candidate that has an image in common, then for each baseline.
    """
    scores = {}
    for name, maps in candidates.items():
        rows = np.searchsorted(maps.image_index, known.image_index)
        common = np.isin(known.image_index, maps.image_index)
        if common.any():
            scores[name] = score(maps.maps[rows[common]], known.masks[common])
    cells = next(iter(candidates.values())).maps.shape[1:]
    for name, baseline in BASELINES.items():
        size = cells if name == "random" else known.masks.shape[1:]
        scores[name] = score(baseline(len(known.masks), *size), known.masks)
    return {"region_share": float(known.masks.mean()), "candidates": scores}
