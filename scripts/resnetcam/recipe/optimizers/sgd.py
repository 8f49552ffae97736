"""Stochastic gradient descent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from resnetcam.common.options import option


@dataclass(frozen=True)
class SGD:
    """SGD with Nesterov momentum as PyTorch defines it: v = m·v + g; w -= lr·(g + m·v).

    The learning rate stands outside the momentum, so that a changing rate acts at once.
    """

    momentum: float = option(0.9, minimum=0, exclusiveMaximum=1)
    num_slots: ClassVar[int] = 1

    def update(
        self, variable: Any, gradient: Any, slots: Sequence[Any], learning_rate: Any
    ) -> tuple[Any, list[Any]]:
        velocity = self.momentum * slots[0] + gradient
        return variable - learning_rate * (gradient + self.momentum * velocity), [velocity]


OPTIMIZER = SGD
