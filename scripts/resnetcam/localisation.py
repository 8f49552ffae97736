"""Do the maps lie on the objects? Pointing game and energy inside known regions.

Neither says whether the network *uses* what lies under a map, only where the map lies; so each is
compared with maps that know nothing of the image, and with a network that knows nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.baselines import BASELINES, of_other_images
from resnetcam.cam import resize_bilinear
from resnetcam.intervals import means_beside_first
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


def score(candidates: Mapping[str, Maps], known: RegionMasks) -> dict[str, Any]:
    """Score every candidate on the images that it has in common with the known regions.

    Args:
        candidates: maps by name; the first has maps of all images with known regions.

    Returns:
        ``region_share`` (mean share of an image that is region), and ``candidates``: a section
        for each candidate that has an image in common, then for each baseline: ``other_image``
        (the first candidate's map of the next known image), and ``BASELINES``. It holds ``n``,
        ``zero_maps`` (how many), ``pointing_game`` and ``energy_inside`` (``means_beside_first``).
    """
    scores: dict[str, Any] = {}
    of_first: dict[str, NDArray[np.float64]] = {}
    for name, maps, common in _on_known_images(candidates, known):
        values = _values(maps, known.masks[common])
        counts = {"n": len(maps), "zero_maps": int((~maps.any((1, 2))).sum())}
        beside = {metric: found[common] for metric, found in of_first.items()}
        scores[name] = counts | means_beside_first(values, beside)
        of_first = of_first or values
    return {"region_share": float(known.masks.mean()), "candidates": scores}


def _values(maps: Floats, masks: Masks) -> dict[str, NDArray[np.float64]]:
    enlarged = resize_bilinear(maps, *masks.shape[1:])
    return {
        "pointing_game": pointing_game(maps, masks),
        "energy_inside": energy_inside(enlarged, masks),
    }


def _on_known_images(
    candidates: Mapping[str, Maps], known: RegionMasks
) -> Iterator[tuple[str, Floats, NDArray[np.bool_]]]:
    """Yield names, maps, and of which of the known images they are; baselines are of all."""
    for name, maps in candidates.items():
        common = np.isin(known.image_index, maps.image_index)
        if common.any():
            rows = np.searchsorted(maps.image_index, known.image_index[common])
            yield name, maps.maps[rows], common
    first = next(iter(candidates.values()))
    n, all_known = len(known.masks), np.ones(len(known.masks), bool)
    if n > 1:
        rows = np.searchsorted(first.image_index, known.image_index)
        yield "other_image", of_other_images(first.maps[rows]), all_known
    for name, baseline in BASELINES.items():
        size = first.maps.shape[1:] if name == "random" else known.masks.shape[1:]
        yield name, baseline(n, *size), all_known
