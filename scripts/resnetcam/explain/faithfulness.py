"""Does the network use what a map shows? The image is covered by its map, and asked again.

What is covered shows the mean training image instead, which the network sees as zero. Such images
are unlike any that it was trained on, so these numbers tell maps apart, on the same network, and
no more: see docs/explanations.md.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.steps import logged_steps
from resnetcam.explain.baselines import BASELINES, of_other_images, random_maps
from resnetcam.explain.classified import Classified
from resnetcam.explain.display import is_flat, normalized, resize_bilinear
from resnetcam.explain.intervals import (
    mean_with_interval,
    means_beside_first,
    share_with_interval,
)
from resnetcam.explain.road import road

Floats = NDArray[np.float32]

_BLOCK = 250  # images whose pictures are compared with one another


def removal_ranks(maps: Floats) -> NDArray[np.int64]:
    """Number the cells of each map (N, h, w) from its highest value, 0, to its lowest.

    Ties are broken at random, the same way every time: a flat map removes at random.
    """
    flat = maps.reshape(len(maps), -1)
    lots = random_maps(len(maps), *maps.shape[1:]).reshape(flat.shape)
    order = np.lexsort((lots, -flat), axis=-1)
    return order.argsort(-1).reshape(maps.shape)


def curves(
    classified: Classified, ranks: Mapping[str, NDArray[np.int64]], steps: int
) -> dict[str, tuple[Floats, Floats]]:
    """Follow the class's probability while cells are covered, and while they are uncovered.

    Deletion covers the cells of the whole image, the highest first; insertion uncovers them in the
    same order (Petsiuk et al. 2018, section 3.2, with the map's cells in place of pixels).

    Args:
        ranks: (N, h, w) of each kind of map, of ``removal_ranks``.
        steps: how many steps all cells are removed in, as evenly as they can be.

    Returns:
        For each kind of map deletion and insertion, float32 (N, steps + 1), from no step to all.
    """
    stacked = np.stack(list(ranks.values()))
    cuts = np.round(np.linspace(0, stacked[0, 0].size, steps + 1)).reshape(-1, 1, 1, 1)
    found = []
    blocks = [slice(at, at + _BLOCK) for at in range(0, stacked.shape[1], _BLOCK)]
    for block in logged_steps(blocks, "images covered step by step", unit=_BLOCK):
        covered = stacked[:, None, block] < cuts
        some = classified._replace(
            images=classified.images[block], classes=classified.classes[block]
        )
        found.append(some.with_cells(np.stack([~covered, covered])))
    deletion, insertion = np.concatenate(found, axis=-1).swapaxes(-1, -2)
    return dict(zip(ranks, zip(deletion, insertion, strict=True), strict=True))


def area(curve: Floats) -> Floats:
    """The area (N,) under curves (N, steps + 1) over the share of steps, by trapezoids."""
    return (curve[:, 1:] + curve[:, :-1]).mean(1) / 2


def drop_and_increase(
    before: Floats, after: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare the class's probabilities (N,) of the image and of map x image.

    Returns:
        Drop: max(0, before - after) / before; increase: 1 where after is higher, else 0
        (Chattopadhay et al. 2018, section 4.1; they report both means in percent).
    """
    before, after = before.astype(np.float64), after.astype(np.float64)
    fall = np.maximum(0, before - after)
    drop = np.divide(fall, before, out=np.zeros_like(fall), where=before > 0)
    return drop, (after > before).astype(np.float64)


def score(classified: Classified, maps: Mapping[str, Floats], steps: int) -> dict[str, Any]:
    """Score each method's raw maps (N, h, w), and baselines, with 95 % intervals.

    Returns:
        ``n``, ``steps`` and ``candidates``: a section for each method, and for ``other_image``
        (the first method's map of another image; not of a single image), ``random``,
        ``centred_gaussian`` and ``uniform``, with

        - ``deletion_auc``, ``insertion_auc``, ``road`` (``means_beside_first``) and ``curves``,
          the means over images; not for ``uniform``, whose cells are all ties, so that it would go
          as ``random`` does;
        - ``drop``, ``increase`` and ``shown``, the share of the image that they leave: the map
          stretched to 0..1 by its own range. The uniform map leaves everything;
        - ``flat_maps``: how many show nothing. They remove cells at random and leave nothing.
    """
    first = next(iter(maps.values()))
    n, *size = first.shape
    steps = min(steps, size[0] * size[1])
    whole = classified.with_mask(np.ones(classified.images.shape[:3], np.float32))
    candidates = dict(maps)
    if n > 1:
        candidates["other_image"] = of_other_images(first)
    for name in ("random", "centred_gaussian"):
        candidates[name] = BASELINES[name](n, *size)
    ranks = {name: removal_ranks(one) for name, one in candidates.items()}
    followed, filled_in = curves(classified, ranks, steps), road(classified, ranks)
    scores: dict[str, Any] = {}
    of_first: dict[str, Floats] = {}
    for name, one in candidates.items():
        areas, means = _areas_and_means(*followed[name])
        values = areas | {"road": filled_in[name]}
        scores[name] = (
            means_beside_first(values, of_first)
            | {"curves": means}
            | _mask_scores(classified, whole, _as_mask(one, classified.images.shape))
            | {"flat_maps": int(is_flat(one).sum())}
        )
        of_first = of_first or values
    uniform = BASELINES["uniform"](*classified.images.shape[:3])
    scores["uniform"] = _mask_scores(classified, whole, uniform)
    return {"n": n, "steps": steps, "candidates": scores}


def _areas_and_means(
    deletion: Floats, insertion: Floats
) -> tuple[dict[str, Floats], dict[str, list[float]]]:
    """Return each metric's areas (N,), and each curve's mean over images."""
    areas = {"deletion_auc": area(deletion), "insertion_auc": area(insertion)}
    means = {"deletion": deletion.mean(0).tolist(), "insertion": insertion.mean(0).tolist()}
    return areas, means


def _mask_scores(classified: Classified, whole: Floats, mask: Floats) -> dict[str, Any]:
    drop, increase = drop_and_increase(whole, classified.with_mask(mask))
    return {
        "drop": mean_with_interval(drop),
        "increase": share_with_interval(increase),
        "shown": mean_with_interval(mask.mean((1, 2))),
    }


def _as_mask(maps: Floats, images_shape: tuple[int, ...]) -> Floats:
    return normalized(resize_bilinear(maps, *images_shape[1:3]))
