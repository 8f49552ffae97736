"""An epoch as calls of steps: how it is cut, and what is counted on the way."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.door import STEPS_A_GPU_CALL
from resnetcam.common.errors import InputError


@dataclass(frozen=True)
class Partial:
    """What was done of the epoch under way: steps, and sums over their images."""

    step: int = 0
    loss: float = 0.0
    correct: float = 0.0
    seconds: float = 0.0

    def after(self, epoch: int, step: int, rates: Any, losses: Any, correct: Any) -> "Partial":
        """Add a call's results, in double precision and step by step, however calls are cut.

        Args:
            losses: of each image (S, B); correct: predictions of each step (S,).

        Raises:
            InputError: naming the step whose loss is not finite.
        """
        losses = np.asarray(losses, np.float64).sum(1)
        correct = np.asarray(correct, np.float64)
        finite = np.isfinite(losses)
        if not finite.all():
            first = int(finite.argmin())
            raise diverged(epoch, step + first + 1, rates[first])
        return replace(
            self,
            step=step + len(losses),
            loss=sum(losses.tolist(), self.loss),
            correct=sum(correct.tolist(), self.correct),
        )


class CallLength:
    """How many steps to run in the next call: on a CPU what takes a second, as the last one did.

    A step of a deep network takes seconds, and a signal or a checkpoint that is due waits for them.
    """

    def __init__(self, device: str, seconds_a_cpu_call: float):
        self._seconds = seconds_a_cpu_call
        self._adapts = device != "gpu"
        self.steps = 1 if self._adapts else STEPS_A_GPU_CALL

    @contextlib.contextmanager
    def timed(self, steps: int) -> Iterator[None]:
        """Measure a call of so many steps; the next one runs at most twice as many."""
        started = time.perf_counter()
        yield
        if self._adapts:
            in_time = self._seconds * steps / (time.perf_counter() - started)
            self.steps = max(1, min(int(in_time), 2 * self.steps))


def calls(
    order: NDArray[np.int64], batch: int, length: CallLength, start: int = 0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Cut an order, from a step on, into (step, indices (S, B)); a smaller last batch is alone."""
    full = len(order) // batch
    step = start
    while step < full:
        stop = min(step + length.steps, full)
        yield step, order[step * batch : stop * batch].reshape(-1, batch)
        step = stop
    if (rest := len(order) % batch) and start <= full:
        yield full, order[-rest:].reshape(1, rest)


def diverged(epoch: int, step: int, rate: float, what: str = "loss is") -> InputError:
    """Return what to say when a number is no longer finite."""
    return InputError(
        f"the {what} no longer finite in epoch {epoch}, step {step}, at learning rate {rate:.3g}. "
        "Try a lower learning rate in the recipe's `schedule`, a longer warm-up if it has one, or "
        "`precision: float32` where it is bfloat16. The state before this is kept."
    )
