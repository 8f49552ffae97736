"""One cycle (Smith 2018, arXiv:1803.09820), of two straight lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.options import option


@dataclass(frozen=True)
class OneCycle:
    """Linear from 0 to ``peak`` over the share ``warmup`` of the training, then linear to 0."""

    peak: float = option(exclusiveMinimum=0)
    warmup: float = option(0.2, minimum=0, exclusiveMaximum=1)

    def learning_rates(self, epoch: int, progress: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.peak * np.interp(progress, [0, self.warmup, 1], [0, 1, 0])


SCHEDULE = OneCycle
