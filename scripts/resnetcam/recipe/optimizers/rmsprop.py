"""RMSprop (Hinton 2012, lecture 6e)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from resnetcam.common.options import option


@dataclass(frozen=True)
class RMSprop:
    """RMSprop as Keras defines it: v = rho·v + (1-rho)·g²; w -= lr·g/sqrt(v + epsilon)."""

    rho: float = option(0.9, minimum=0, exclusiveMaximum=1)
    epsilon: float = option(1e-14, exclusiveMinimum=0)
    num_slots: ClassVar[int] = 1

    def update(
        self, variable: Any, gradient: Any, slots: Sequence[Any], learning_rate: Any
    ) -> tuple[Any, list[Any]]:
        mean_square = self.rho * slots[0] + (1 - self.rho) * ops.square(gradient)
        step = learning_rate * gradient * ops.rsqrt(mean_square + self.epsilon)
        return variable - step, [mean_square]


OPTIMIZER = RMSprop
