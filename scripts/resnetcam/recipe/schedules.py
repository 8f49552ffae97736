"""Learning rates, a value a step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def learning_rates(
    schedule: dict[str, Any], epoch: int, epochs: int, steps: int
) -> NDArray[np.float64]:
    """The learning rate of each step of an epoch, float64 (steps,).

    Args:
        schedule: a recipe's ``schedule``. ``inverse_time``: initial/(1 + decay·e), constant within
            the 0-based epoch e, times the factor of the last of ``drops`` whose ``from_epoch`` is
            at most e. ``one_cycle``: linear from 0 to ``peak`` over the share ``warmup`` of all
            steps, then linear to 0 (Smith 2018, arXiv:1803.09820), taken at the middle of a step.
        epoch: counted from 1.
    """
    if schedule["name"] == "inverse_time":
        e = epoch - 1
        factor = 1.0
        for drop in sorted(schedule["drops"], key=lambda drop: drop["from_epoch"]):
            if e >= drop["from_epoch"]:
                factor = drop["factor"]
        return np.full(steps, schedule["initial"] / (1 + schedule["decay"] * e) * factor)
    progress = ((epoch - 1) * steps + np.arange(steps) + 0.5) / (epochs * steps)
    return schedule["peak"] * np.interp(progress, [0, schedule["warmup"], 1], [0, 1, 0])
