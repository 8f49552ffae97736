"""Do the maps lie on the objects? Pointing game and energy inside known regions.

Neither says whether the network *uses* what lies under a map, only where the map lies; so each is
compared with maps that know nothing of the image, and with a network that knows nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.explain.baselines import BASELINES, of_other_images
from resnetcam.explain.display import resize_bilinear
from resnetcam.explain.intervals import means_beside_first
from resnetcam.explain.maps import Maps
from resnetcam.regions.on_images import RegionMasks

Floats = NDArray[np.float32]
Masks = NDArray[np.bool_]

_SHARES = ("pointing_game",)  # of hits and misses


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
    inside_share = (peaks * inside).sum((1, 2), dtype=np.float64) / peaks.sum((1, 2))
    return np.where(maps.any((1, 2)), inside_share, 0.0)


def energy_inside(maps: Floats, masks: Masks) -> NDArray[np.float64]:
    """For each image, the share of the map's sum inside the region (Wang et al. 2020, eq. 7).

    Returns:
        float64 (N,) in 0..1; 0 for a map of zeros.
    """
    total = maps.sum((1, 2), dtype=np.float64)
    inside = (maps * masks).sum((1, 2), dtype=np.float64)
    return np.divide(inside, total, out=np.zeros_like(total), where=total > 0)


def score(candidates: Mapping[str, Maps], known: RegionMasks) -> dict[str, Any]:
    """Score every candidate on the same images: those known ones that all candidates have maps of.

    Args:
        candidates: maps by name; the first has maps of all images with known regions. One that has
            no image in common with the others is left out.

    Returns:
        ``n`` images, ``region_share`` (mean share of an image that is region), and ``candidates``:
        a section for each candidate, then for each baseline: ``other_image`` (the first
        candidate's map of another image), and ``BASELINES``. It holds ``zero_maps`` (how many),
        ``pointing_game`` and ``energy_inside`` (``means_beside_first``). ``all_known`` is about the
        first candidate on all images with known regions: ``n``, ``region_share`` and a section.
    """
    kept, shared = _in_common(candidates, known.image_index)
    masks = known.masks[np.isin(known.image_index, shared)]
    maps = {name: one.of(shared).maps for name, one in kept.items()}
    first = next(iter(maps.values()))
    scores: dict[str, Any] = {}
    of_first: dict[str, NDArray[np.float64]] = {}
    for name, one in (maps | _baselines(first, masks)).items():
        values = _values(one, masks)
        scores[name] = {"zero_maps": _zero_maps(one)} | means_beside_first(
            values, of_first, _SHARES
        )
        of_first = of_first or values
    return _about(masks) | {"candidates": scores, "all_known": _score_alone(candidates, known)}


def _in_common(
    candidates: Mapping[str, Maps], known: NDArray[np.uint32]
) -> tuple[dict[str, Maps], NDArray[np.uint32]]:
    """Return the candidates that have images in common, and which of the known ones these are."""
    kept, shared = {}, known
    for name, maps in candidates.items():
        common = np.intersect1d(shared, maps.image_index)
        if len(common):
            kept[name], shared = maps, common
    return kept, shared


def _baselines(first: Floats, masks: Masks) -> dict[str, Floats]:
    n, size = len(masks), masks.shape[1:]
    found = {"other_image": of_other_images(first)} if n > 1 else {}
    for name, baseline in BASELINES.items():
        found[name] = baseline(n, *(first.shape[1:] if name == "random" else size))
    return found


def _score_alone(candidates: Mapping[str, Maps], known: RegionMasks) -> dict[str, Any]:
    """The first candidate on all known images."""
    maps = next(iter(candidates.values())).of(known.image_index).maps
    means = means_beside_first(_values(maps, known.masks), {}, _SHARES)
    return _about(known.masks) | {"zero_maps": _zero_maps(maps)} | means


def _about(masks: Masks) -> dict[str, Any]:
    return {"n": len(masks), "region_share": float(masks.mean())}


def _zero_maps(maps: Floats) -> int:
    return int((~maps.any((1, 2))).sum())


def _values(maps: Floats, masks: Masks) -> dict[str, NDArray[np.float64]]:
    enlarged = resize_bilinear(maps, *masks.shape[1:])
    return {
        "pointing_game": pointing_game(maps, masks),
        "energy_inside": energy_inside(enlarged, masks),
    }
