"""Which classes a figure shows where there are too many for all of them."""

import numpy as np
from numpy.typing import NDArray


def most_mistaken(counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the classes that take part in most mistakes, in the order of their indices.

    All of them if there are no more than ``most``.

    Args:
        counts: int64 (C, C), images by (true class, predicted class).
    """
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
    involved = mistakes.sum(0) + mistakes.sum(1)
    return np.sort(np.argsort(-involved, kind="stable")[:most])


def most_confused(counts: NDArray[np.int64], most: int = 5) -> list[tuple[int, int]]:
    """Return the pairs of classes with most mistakes in both directions together, those first.

    Pairs of as many mistakes stay in the order of their classes; those without any are left out.

    Args:
        counts: int64 (C, C), images by (true class, predicted class).
    """
    first, second = np.triu_indices(len(counts), 1)
    mistakes = (counts + counts.T)[first, second]
    order = np.argsort(-mistakes, kind="stable")[:most]
    return [(int(first[one]), int(second[one])) for one in order if mistakes[one]]
