"""A rate that decays with the epochs, and drops."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.options import option


@dataclass(frozen=True)
class Drop:
    """From a 0-based epoch on the rate is multiplied by a factor, in place of an earlier one's."""

    from_epoch: int = option(minimum=0)
    factor: float = option(minimum=0)


@dataclass(frozen=True)
class InverseTime:
    """initial/(1 + decay·e), constant within the 0-based epoch e, times the last drop's factor."""

    initial: float = option(exclusiveMinimum=0)
    decay: float = option(0.0, minimum=0)
    drops: tuple[Drop, ...] = option(())

    def learning_rates(self, epoch: int, progress: NDArray[np.float64]) -> NDArray[np.float64]:
        e = epoch - 1
        factor = 1.0
        for drop in sorted(self.drops, key=lambda drop: drop.from_epoch):
            if e >= drop.from_epoch:
                factor = drop.factor
        return np.full(len(progress), self.initial / (1 + self.decay * e) * factor)


SCHEDULE = InverseTime
