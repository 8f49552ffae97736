"""Learning rates, a value a step."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.registry import Registry


class Schedule(Protocol):
    """What training needs of a schedule."""

    def learning_rates(self, epoch: int, progress: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the learning rate of each of an epoch's steps, (steps,).

        Args:
            epoch: counted from 1.
            progress: the share of the training that has passed at the middle of each step, between
                0 and 1, float64 (steps,).
        """


SCHEDULES = Registry[type[Schedule]]("resnetcam.recipe.schedules", "SCHEDULE")
