"""Does the network use what a map shows? Cells are removed and filled in from those around them.

ROAD (remove and debias): Rong et al. 2022, arXiv:2202.00449. Covering leaves an outline that the
network may react to; what is filled in leaves little of one (``imputation``).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.steps import logged_steps
from resnetcam.explain.classified import Classified
from resnetcam.explain.imputation import imputed

REMOVED = (0.25, 0.5, 0.75)  # shares of the cells

_BLOCK = 250  # images whose pictures are compared with one another


def road(
    classified: Classified, ranks: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.float32]]:
    """Return how much more probability the lowest cells leave, when removed, than the highest.

    Half of the difference, averaged over the shares ``REMOVED`` of the cells: (least - most
    relevant first) / 2. High is good; a random order has 0 on average.

    Args:
        ranks: (N, h, w) of each kind of map: its cells from the highest, 0, to the lowest.

    Returns:
        float32 (N,) in -0.5..0.5 for each kind of map; 0 for maps of a single cell.
    """
    stacked = np.stack(list(ranks.values()))
    n, cells = stacked.shape[1], stacked[0, 0].size
    cuts = np.array([round(share * cells) for share in REMOVED if 0 < round(share * cells) < cells])
    if not len(cuts):
        return {name: np.zeros(n, np.float32) for name in ranks}
    cuts = cuts.reshape(-1, 1, 1, 1, 1)
    found = []
    blocks = [slice(at, at + _BLOCK) for at in range(0, n, _BLOCK)]
    for block in logged_steps(blocks, "images filled in where cells are removed", unit=_BLOCK):
        most_first, least_first = stacked[:, block] >= cuts, stacked[:, block] < cells - cuts
        some = classified._replace(
            images=classified.images[block], classes=classified.classes[block]
        )
        most, least = some.with_cells(np.stack([most_first, least_first]), fill=imputed)
        found.append((least - most).mean(0) / 2)
    return dict(zip(ranks, np.concatenate(found, axis=-1), strict=True))
