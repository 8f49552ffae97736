"""One cycle (Smith 2018, arXiv:1803.09820), of two straight lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.options import option


@dataclass(frozen=True)
class OneCycle:
    """Linear from 0 to ``peak`` over the share ``warmup`` of all steps, then linear to 0.

    Taken at the middle of a step.
    """

    peak: float = option(exclusiveMinimum=0)
    warmup: float = option(0.2, minimum=0, exclusiveMaximum=1)

    def learning_rates(self, epoch: int, epochs: int, steps: int) -> NDArray[np.float64]:
        progress = ((epoch - 1) * steps + np.arange(steps) + 0.5) / (epochs * steps)
        return self.peak * np.interp(progress, [0, self.warmup, 1], [0, 1, 0])


SCHEDULE = OneCycle
