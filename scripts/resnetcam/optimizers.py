"""Optimizers as pure updates, the same on every backend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from keras import ops


class Optimizer(Protocol):
    """What the training step needs of an optimizer."""

    weight_decay: float
    num_slots: int

    def update(self, gradient: Any, slots: Sequence[Any], learning_rate: Any) -> tuple[Any, list]:
        """Return what to add to the variable, and the new slots."""


@dataclass(frozen=True)
class SGD:
    """SGD with Nesterov momentum as PyTorch defines it: v = m·v + g; w -= lr·(g + m·v).

    The learning rate stands outside the momentum, so that a changing rate acts at once.
    """

    momentum: float
    weight_decay: float
    num_slots: int = 1

    def update(self, gradient: Any, slots: Sequence[Any], learning_rate: Any) -> tuple[Any, list]:
        velocity = self.momentum * slots[0] + gradient
        return -learning_rate * (gradient + self.momentum * velocity), [velocity]


@dataclass(frozen=True)
class RMSprop:
    """RMSprop as Keras defines it: v = rho·v + (1-rho)·g²; w -= lr·g/sqrt(v + epsilon)."""

    rho: float
    epsilon: float
    weight_decay: float
    num_slots: int = 1

    def update(self, gradient: Any, slots: Sequence[Any], learning_rate: Any) -> tuple[Any, list]:
        mean_square = self.rho * slots[0] + (1 - self.rho) * ops.square(gradient)
        return -learning_rate * gradient * ops.rsqrt(mean_square + self.epsilon), [mean_square]


def build_optimizer(settings: dict[str, Any], weight_decay: float) -> Optimizer:
    """Build the optimizer that a recipe's ``optimizer`` section describes."""
    if settings["name"] == "sgd":
        return SGD(settings["momentum"], weight_decay)
    return RMSprop(settings["rho"], settings["epsilon"], weight_decay)
