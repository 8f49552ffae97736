"""Learning rates, a value a step."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.registry import Registry


class Schedule(Protocol):
    """What training needs of a schedule."""

    def learning_rates(self, epoch: int, epochs: int, steps: int) -> NDArray[np.float64]:
        """Return the learning rate of each of the steps of an epoch, counted from 1: (steps,)."""


SCHEDULES = Registry[type[Schedule]]("resnetcam.recipe.schedules", "SCHEDULE")
