"""Leave easy images out of some epochs, so that the time goes into those that teach something.

As in dynamic data pruning (Qin et al. 2024, InfoBatch, arXiv:2303.04947, section 3) an image is
easy whose loss, when it was last seen, was below the mean of all images' losses. As in selective
backpropagation (Jiang et al. 2019, arXiv:1910.00762, section 3) the easier it is, the more often it
is left out. docs/recipes.md says what was measured, and why the gradients of easy images that stay
are not enlarged in turn.
"""

import numpy as np
from numpy.typing import NDArray

from resnetcam.recipe.costs import FULL_EPOCHS, expected_shares


def kept(
    probability: float, epoch: int, losses: NDArray[np.float32], lots: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Say which images an epoch, counted from 1, trains on: bool (N,).

    An image is left out with the probability 1 - loss/mean, as far as that is positive.

    Args:
        probability: with which an image is left out at most.
        losses: each image's cross-entropy when it was last seen, float32 (N,).
        lots: uniform in 0..1, one drawn for each image (N,).
    """
    if not probability or epoch <= FULL_EPOCHS:
        return np.ones(len(losses), np.bool_)
    mean = losses.mean(dtype=np.float64)
    return (losses >= mean) | (lots >= np.minimum(1 - losses / (mean or 1), probability))


def whole_batches(order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
    """Leave out the rest of an order that fills no batch, unless it is all that there is.

    The rest would be of another size in each epoch, and a GPU's program compiled for each size.
    """
    return order[: max(batch_size, len(order) // batch_size * batch_size)]


def progress(probability: float, epoch: int, epochs: int, steps: int) -> NDArray[np.float64]:
    """What share of a training has passed at the middle of each of an epoch's steps, (steps,).

    Counted in images that were to be expected: an epoch that leaves some out is less of a training.
    """
    shares = np.array(expected_shares(probability, epochs))
    passed = shares[: epoch - 1].sum() + shares[epoch - 1] * (np.arange(steps) + 0.5) / steps
    return np.asarray(passed / shares.sum())
