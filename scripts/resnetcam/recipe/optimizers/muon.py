"""Muon (Jordan et al. 2024), with kernels that keep their length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from resnetcam.common.options import option
from resnetcam.recipe.optimizers.sgd import SGD

# Keller Jordan's quintic, which drives singular values towards 1 in few rounds (see ``Muon``).
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_NEWTON_SCHULZ_ROUNDS = 5


@dataclass(frozen=True)
class Muon:
    """Muon for convolution kernels, SGD with Nesterov momentum for everything else.

    A kernel, as a matrix of one column a filter, turns by ``learning_rate`` times its own length
    in the direction of the orthogonalised Nesterov momentum (Jordan et al. 2024,
    https://kellerjordan.github.io/posts/muon/), and keeps its length, on which what a normalization
    follows does not depend; so the rate alone says how fast the kernel turns. (v1's projections and
    v2's last convolutions are followed by none; they keep the length that they began with.) Weight
    decay, added to the gradient, bends the direction a little and shortens nothing. The others
    learn by SGD at ``learning_rate * sgd_ratio``.
    """

    momentum: float = option(0.9, minimum=0, exclusiveMaximum=1)
    sgd_ratio: float = option(5, minimum=0)
    num_slots: ClassVar[int] = 1

    def update(
        self, variable: Any, gradient: Any, slots: Sequence[Any], learning_rate: Any
    ) -> tuple[Any, list[Any]]:
        if len(variable.shape) != 4:
            sgd_rate = learning_rate * self.sgd_ratio
            return SGD(self.momentum).update(variable, gradient, slots, sgd_rate)
        velocity = self.momentum * slots[0] + gradient
        direction = orthogonalize(gradient + self.momentum * velocity)
        length = _length(variable)
        unit = direction / (_length(direction) + 1e-7)  # a kernel without a gradient rests
        turned = variable - learning_rate * length * unit
        return turned * (length / _length(turned)), [velocity]


def orthogonalize(kernel: Any) -> Any:
    """Bring the singular values of a kernel's matrix near 1, by Newton-Schulz iteration.

    Args:
        kernel: float32 (height, width, inputs, filters), as the matrix of shape
            (height·width·inputs, filters).

    Returns:
        The same shape; singular values that were not vanishingly small lie in about 0.7..1.2.
    """
    a, b, c = _NEWTON_SCHULZ
    x = ops.reshape(kernel, (-1, kernel.shape[-1]))
    wide = x.shape[0] < x.shape[1]
    if wide:
        x = ops.transpose(x)
    x = x / (_length(x) + 1e-7)
    for _ in range(_NEWTON_SCHULZ_ROUNDS):
        gram = ops.matmul(ops.transpose(x), x)
        x = a * x + ops.matmul(x, b * gram + c * ops.matmul(gram, gram))
    if wide:
        x = ops.transpose(x)
    return ops.reshape(x, kernel.shape)


def _length(x: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(x)))


OPTIMIZER = Muon
