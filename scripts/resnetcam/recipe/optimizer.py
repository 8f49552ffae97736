"""Optimizers as pure updates, the same on every backend."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from resnetcam.common.registry import Registry


class Optimizer(Protocol):
    """What the training step needs of an optimizer."""

    num_slots: ClassVar[int]
    """How many arrays of a variable's shape it remembers of each variable."""

    def update(
        self, variable: Any, gradient: Any, slots: Sequence[Any], learning_rate: Any
    ) -> tuple[Any, list[Any]]:
        """Return the variable's new value and the new slots; slots begin as zeros.

        The gradient holds the weight decay already.
        """


OPTIMIZERS = Registry[type[Optimizer]]("resnetcam.recipe.optimizers", "OPTIMIZER")
