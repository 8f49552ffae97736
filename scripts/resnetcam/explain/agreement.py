"""Do the maps of one image agree from seed to seed? What of a map is the data's, what the seed's.

Networks of several seeds learn from the same images and classify about as well. Where their maps of
an image differ, another training would show something else.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from resnetcam.explain.baselines import of_other_images
from resnetcam.explain.display import is_flat
from resnetcam.explain.intervals import mean_of_shares, mean_with_interval
from resnetcam.explain.table_of_agreement import Agreement

Floats = NDArray[np.float32]
Values = NDArray[np.float64]

_TOP = 0.1  # share of a map's cells that are its highest


def rank_correlations(one: Floats, other: Floats) -> Values:
    """Spearman's correlation of each map (N, h, w) with its counterpart: float64 (N,) in -1..1.

    Ties share the mean of their ranks. Where a map is flat there is no order to compare: 0.
    """
    a, b = (_centred_ranks(maps) for maps in (one, other))
    norms = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return np.divide((a * b).sum(1), norms, out=np.zeros(len(a)), where=norms > 0)


def top_overlap(one: Floats, other: Floats) -> Values:
    """The share of the highest cells that maps (N, h, w) have in common: float64 (N,) in 0..1.

    The highest are a tenth of the cells, at least one. Of cells that tie for the last place each
    counts by its chance, so a flat map has a tenth in common with any other.
    """
    a, b = (_chances_of_top(_flattened(maps)) for maps in (one, other))
    return np.asarray((a * b).sum(1) / _number_of_top(a.shape[1]))


def compare_seeds(
    maps: Mapping[str, Sequence[Floats]],
    randomised: Sequence[Floats],
    right: NDArray[np.bool_],
) -> tuple[dict[str, Any], Agreement]:
    """Compare the maps of the seeds of an experiment, image by image.

    Args:
        maps: of each method those of each of S > 1 seeds, float32 (N, h, w), of the same images and
            classes; the first method is the default.
        randomised: the default's maps of each seed's network when all of its weights are random.
        right: bool (S, N), which images each seed classifies correctly.

    Returns:
        What ``agreement.json`` says, and the default's agreement of each image, the mean over the
        pairs of seeds. In the former: ``n`` images, ``compared`` ones, whose default maps are flat
        for no seed; ``top_cells``; ``methods``: of each, ``same_image`` (different seeds) and
        ``other_image`` (one seed, the map of another image); of the default also ``randomised``
        (one seed, of the trained and the random network), and ``all_right`` and ``some_wrong``: the
        same images by whether all seeds are right. Each holds ``correlation`` and ``overlap`` with
        intervals over images, or is None where no image is of that kind.
    """
    first = next(iter(maps.values()))
    kept = ~np.any([is_flat(one) for one in first], axis=0)
    methods = {name: _of_method([one[kept] for one in seeds]) for name, seeds in maps.items()}
    default = methods[next(iter(maps))]
    between = _between_seeds(first)
    beside = [
        agreement(one[kept], other[kept]) for one, other in zip(first, randomised, strict=True)
    ]
    all_right = right.all(0) & kept
    default["randomised"] = _summary(_mean(beside))
    default["all_right"] = _summary(_chosen(between, all_right))
    default["some_wrong"] = _summary(_chosen(between, kept & ~all_right))
    about = {
        "n": len(kept),
        "compared": int(kept.sum()),
        "top_cells": _number_of_top(first[0][0].size),
    }
    return about | {"methods": methods}, between


def agreement(one: Floats, other: Floats) -> Agreement:
    """Compare each map (N, h, w) with its counterpart."""
    return Agreement(rank_correlations(one, other), top_overlap(one, other))


def _of_method(seeds: Sequence[Floats]) -> dict[str, Any]:
    others = [agreement(one, of_other_images(one)) for one in seeds]
    return {
        "same_image": _summary(_between_seeds(seeds)),
        "other_image": _summary(_mean(others)) if len(seeds[0]) > 1 else None,
    }


def _between_seeds(seeds: Sequence[Floats]) -> Agreement:
    return _mean([agreement(one, other) for one, other in itertools.combinations(seeds, 2)])


def _mean(found: Sequence[Agreement]) -> Agreement:
    correlations, overlaps = zip(*found, strict=True)
    return Agreement(np.mean(correlations, axis=0), np.mean(overlaps, axis=0))


def _chosen(of_images: Agreement, chosen: NDArray[np.bool_]) -> Agreement:
    return Agreement(of_images.correlation[chosen], of_images.overlap[chosen])


def _summary(of_images: Agreement) -> dict[str, Any] | None:
    n = len(of_images.correlation)
    if not n:
        return None
    return {
        "n": n,
        "correlation": mean_with_interval(of_images.correlation),
        "overlap": mean_of_shares(of_images.overlap),
    }


def _flattened(maps: Floats) -> Floats:
    return maps.reshape(len(maps), maps.shape[1] * maps.shape[2])


def _centred_ranks(maps: Floats) -> Values:
    flat = _flattened(maps)
    return np.asarray(rankdata(flat, axis=1) - (flat.shape[1] + 1) / 2)


def _number_of_top(cells: int) -> int:
    return max(1, round(_TOP * cells))


def _chances_of_top(flat: Floats) -> Values:
    """The chance of each cell (N, cells) to be among the highest, where ties are drawn by lot."""
    number = _number_of_top(flat.shape[1])
    last = np.partition(flat, -number, axis=1)[:, -number, None]
    above, tied = flat > last, flat == last
    left = number - above.sum(1, keepdims=True)
    return np.asarray(above + tied * (left / tied.sum(1, keepdims=True)))
