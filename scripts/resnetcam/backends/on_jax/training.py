"""The training step on JAX (see ``backends.door``): one program, one-pass normalization."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.door import STEPS_A_GPU_CALL, padded
from resnetcam.backends.feeding import Feed, Part
from resnetcam.recipe import objective
from resnetcam.recipe.augmentation import Prepare
from resnetcam.recipe.optimizer import Optimizer


class OnePassBatchNormalization(keras.layers.BatchNormalization):
    """BatchNormalization with both moments from one pass; weights are the plain layer's.

    The variance is mean(x²) - mean(x)², so that the compiler reads the activations once for both
    sums. Statistics are float32 also where activations are bfloat16.
    """

    def call(self, inputs: jax.Array, training: bool = False, mask: Any = None) -> jax.Array:
        x = jnp.asarray(inputs, jnp.float32)
        if training:
            mean = x.mean((0, 1, 2))
            variance = jnp.maximum(jnp.square(x).mean((0, 1, 2)) - jnp.square(mean), 0)
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        scale = self.gamma * jax.lax.rsqrt(variance + self.epsilon)
        return jnp.asarray((x - mean) * scale + self.beta, inputs.dtype)


class Trainer:
    """``backends.door.Trainer`` on JAX: all state on the device."""

    def __init__(
        self,
        network: keras.Model,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        prepare: Prepare,
        optimizer: Optimizer,
        decays: Sequence[float],
        label_smoothing: float,
    ):
        self.network = network
        self._prepare = prepare
        self._optimizer = optimizer
        variables = network.trainable_variables
        self._decays = decays
        self._label_smoothing = label_smoothing
        slots = [[jnp.zeros(v.shape) for v in variables] for _ in range(optimizer.num_slots)]
        self._state = (*self._copy_of_network(), slots)
        # A GPU is kept busy by many steps a launch. For a processor a step is long, but compiling
        # is too, and a program of one step serves every number of them, with the same bits.
        self._one_by_one = jax.default_backend() == "cpu"
        program = self._step if self._one_by_one else self._steps
        most = 1 if self._one_by_one else STEPS_A_GPU_CALL
        self._feed = Feed(images, labels, jnp.asarray, most, fill=not self._one_by_one)
        # The old state's memory is taken for the new one.
        self._compiled = jax.jit(program, donate_argnums=0, static_argnums=4)

    def run(
        self,
        indices: NDArray[np.integer],
        draws: Mapping[str, NDArray[Any]],
        learning_rates: NDArray[np.floating],
        side: int | None = None,
    ) -> tuple[Any, Any]:
        drawn = dict(draws), np.asarray(learning_rates, np.float32)
        parts = [
            self._call(part, jax.tree.map(lambda v, steps=part.steps: v[steps], drawn), side)
            for part in self._feed.parts(indices)
        ]
        losses, correct = zip(*parts, strict=True)
        if self._one_by_one:
            return np.array(losses), np.array(correct)
        return jnp.concatenate(losses), jnp.concatenate(correct)

    def penalty(self) -> float:
        return objective.penalty(self._decays, [np.asarray(v) for v in self._state[0]])

    def weights(self) -> list[NDArray[np.float32]]:
        network, (trained, rest, _) = self.network, self._state
        variables = [*network.trainable_variables, *network.non_trainable_variables]
        values = {id(v): value for v, value in zip(variables, [*trained, *rest], strict=True)}
        return jax.device_get([values[id(v)] for v in network.weights])

    def set_weights(self, values: Sequence[NDArray[np.float32]]) -> None:
        self.network.set_weights(values)
        self._state = (*self._copy_of_network(), self._state[2])

    def slots(self) -> list[NDArray[np.float32]]:
        return jax.device_get(jax.tree.leaves(self._state[2]))

    def set_slots(self, values: Sequence[NDArray[np.float32]]) -> None:
        trained, rest, slots = self._state
        new = jax.tree.unflatten(jax.tree.structure(slots), map(jnp.array, values))
        self._state = trained, rest, new

    def _copy_of_network(self) -> tuple[list[jax.Array], list[jax.Array]]:
        """Trainable and other values; copies, as the compiled steps take the memory of theirs."""
        network = self.network
        groups = network.trainable_variables, network.non_trainable_variables
        trained, rest = ([jnp.array(v.value) for v in group] for group in groups)
        return trained, rest

    def _call(self, part: Part, drawn: Any, side: int | None) -> tuple[jax.Array, jax.Array]:
        data, steps = (part.images, part.labels), len(part.indices)
        inputs = np.asarray(part.indices, np.int32), *drawn
        if self._one_by_one:
            inputs = jax.tree.map(lambda values: values[0], inputs)
        else:
            inputs = steps, *jax.tree.map(padded, inputs)
        self._state, measured = self._compiled(self._state, *data, inputs, side)
        return measured if self._one_by_one else (measured[0][:steps], measured[1][:steps])

    def _steps(self, state: Any, images: Any, labels: Any, inputs: Any, side: int | None) -> Any:
        steps, indices, draws, rates = inputs

        def one(step: Any, carried: Any) -> Any:
            state, losses, correct = carried
            chosen = jax.tree.map(lambda values: values[step], (indices, draws, rates))
            state, (loss, right) = self._step(state, images, labels, chosen, side)
            return state, losses.at[step].set(loss), correct.at[step].set(right)

        none = jnp.zeros(indices.shape), jnp.zeros(len(indices))
        state, *measured = jax.lax.fori_loop(0, steps, one, (state, *none))
        return state, tuple(measured)

    def _step(self, state: Any, images: Any, labels: Any, inputs: Any, side: int | None) -> Any:
        indices, draws, learning_rate = inputs
        trained, rest, slots = state
        prepared, targets = self._prepare(images[indices], draws, side), labels[indices]

        def loss(trained: Any) -> Any:
            logits, new_rest = self.network.stateless_call(trained, rest, prepared, training=True)
            smoothed, plain = objective.cross_entropies(logits, targets, self._label_smoothing)
            measured = plain, objective.correct_predictions(logits, targets)
            return smoothed.mean(), (new_rest, measured)

        (_, (new_rest, measured)), gradients = jax.value_and_grad(loss, has_aux=True)(trained)
        new_trained: list[Any] = []
        new_slots: list[list[Any]] = [[] for _ in slots]
        for i, (variable, gradient) in enumerate(zip(trained, gradients, strict=True)):
            if self._decays[i]:
                gradient += self._decays[i] * variable
            old = [group[i] for group in slots]
            value, updated = self._optimizer.update(variable, gradient, old, learning_rate)
            new_trained.append(value)
            for group, slot in zip(new_slots, updated, strict=True):
                group.append(slot)
        return (new_trained, new_rest, new_slots), measured
