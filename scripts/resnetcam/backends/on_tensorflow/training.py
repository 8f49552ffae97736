"""The training step on TensorFlow (see ``backends.door``): fused batch normalization, graphs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from resnetcam.backends.door import STEPS_A_GPU_CALL, padded
from resnetcam.backends.feeding import Feed, Part
from resnetcam.recipe import objective
from resnetcam.recipe.augmentation import Prepare
from resnetcam.recipe.optimizer import Optimizer


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """BatchNormalization computed by TensorFlow's one fused op; weights are the plain layer's.

    Keras 3 composes the same arithmetic of separate ops, which takes far longer. Statistics are
    float32 also where activations are bfloat16.
    """

    def call(self, inputs: tf.Tensor, training: bool = False, mask: Any = None) -> tf.Tensor:
        empty = tf.constant([], tf.float32)
        outputs, mean, unbiased_variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=empty if training else tf.cast(self.moving_mean, tf.float32),
            variance=empty if training else tf.cast(self.moving_variance, tf.float32),
            epsilon=self.epsilon,
            is_training=bool(training),
        )
        if training:
            size = tf.cast(tf.size(inputs) / inputs.shape[-1], tf.float32)
            variance = unbiased_variance * (size - 1) / size
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return outputs


class Trainer:
    """``backends.door.Trainer`` on TensorFlow: several steps a call, in one graph."""

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
        self._variables = network.trainable_variables
        self._prepare = prepare
        self._optimizer = optimizer
        self._decays = decays
        self._label_smoothing = label_smoothing
        self._slots = [
            [tf.Variable(tf.zeros(v.shape), trainable=False) for v in self._variables]
            for _ in range(optimizer.num_slots)
        ]
        self._graphs: dict[int | None, Callable[..., Any]] = {}
        self._on_gpu = bool(tf.config.list_logical_devices("GPU"))
        self._feed = Feed(images, labels, tf.constant, STEPS_A_GPU_CALL, fill=self._on_gpu)

    def run(
        self,
        indices: NDArray[np.integer],
        draws: Mapping[str, NDArray[Any]],
        learning_rates: NDArray[np.floating],
        side: int | None = None,
    ) -> tuple[Any, Any]:
        parts = [
            self._call(
                part,
                {name: values[part.steps] for name, values in draws.items()},
                learning_rates[part.steps],
                side,
            )
            for part in self._feed.parts(indices)
        ]
        losses, correct = zip(*parts, strict=True)
        return tf.concat(losses, 0), tf.concat(correct, 0)

    def _call(
        self,
        part: Part,
        draws: Mapping[str, NDArray[Any]],
        learning_rates: NDArray[np.floating],
        side: int | None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        steps, fill = len(part.indices), padded if self._on_gpu else np.asarray
        arguments = (
            (part.images, part.labels),
            tf.constant(steps),
            tf.constant(fill(part.indices), tf.int32),
            {name: tf.constant(fill(values)) for name, values in draws.items()},
            tf.constant(fill(learning_rates), tf.float32),
        )
        if side not in self._graphs:
            self._graphs[side] = self._trace(part.images, arguments[3], side)
        losses, correct = self._graphs[side](*arguments)
        return losses[:steps], correct[:steps]

    def penalty(self) -> float:
        return objective.penalty(self._decays, [v.numpy() for v in self._variables])

    def weights(self) -> list[NDArray[np.float32]]:
        return self.network.get_weights()

    def set_weights(self, values: Sequence[NDArray[np.float32]]) -> None:
        self.network.set_weights(values)

    def slots(self) -> list[NDArray[np.float32]]:
        return [slot.numpy() for group in self._slots for slot in group]

    def set_slots(self, values: Sequence[NDArray[np.float32]]) -> None:
        flat = [slot for group in self._slots for slot in group]
        for slot, value in zip(flat, values, strict=True):
            slot.assign(value)

    def _trace(
        self, images: tf.Tensor, draws: Mapping[str, tf.Tensor], side: int | None
    ) -> Callable[..., Any]:
        """Make a graph of any number of steps on images of one size."""
        specs = (
            (
                tf.TensorSpec([None, *images.shape[1:]], images.dtype),
                tf.TensorSpec([None], tf.int32),
            ),
            tf.TensorSpec([], tf.int32),
            tf.TensorSpec([None, None], tf.int32),
            {name: _any_size(values) for name, values in draws.items()},
            tf.TensorSpec([None], tf.float32),
        )
        # One program of many steps for a GPU: operation by operation TensorFlow would gather the
        # bytes of images, and compute int32 indices, on the processor. For a processor XLA is
        # slower than TensorFlow's own kernels. AutoGraph would spend seconds on reading code in
        # which it has nothing to rewrite.
        steps = tf.function(
            lambda data, steps, indices, draws, rates: self._steps(
                data, steps, indices, draws, rates, side
            ),
            jit_compile=self._on_gpu,
            autograph=False,
        )
        return steps.get_concrete_function(*specs)

    def _steps(
        self, data: Any, steps: Any, indices: Any, draws: Any, rates: Any, side: int | None
    ) -> Any:
        most = tf.shape(indices)[0]

        def one(step: Any, losses: tf.TensorArray, correct: tf.TensorArray) -> Any:
            batch = {name: values[step] for name, values in draws.items()}
            images, labels = (tf.gather(values, indices[step]) for values in data)
            loss, right = self._step(images, labels, batch, rates[step], side)
            return step + 1, losses.write(step, loss), correct.write(step, right)

        none = [tf.TensorArray(tf.float32, most, element_shape=one) for one in ([None], [])]
        _, losses, correct = tf.while_loop(
            lambda step, *_: step < steps, one, (0, *none), maximum_iterations=most
        )
        return losses.stack(), correct.stack()

    def _step(
        self, images: Any, labels: Any, draws: Any, learning_rate: Any, side: int | None
    ) -> Any:
        inputs = self._prepare(images, draws, side)
        variables = [v.value for v in self._variables]
        with tf.GradientTape() as tape:
            logits = self.network(inputs, training=True)
            smoothed, plain = objective.cross_entropies(logits, labels, self._label_smoothing)
            loss = tf.reduce_mean(smoothed)
        gradients = tape.gradient(loss, variables)
        for i, (variable, gradient) in enumerate(zip(variables, gradients, strict=True)):
            if self._decays[i]:
                gradient += self._decays[i] * variable
            slots = [group[i] for group in self._slots]
            value, new_slots = self._optimizer.update(variable, gradient, slots, learning_rate)
            for slot, new in zip([variable, *slots], [value, *new_slots], strict=True):
                slot.assign(new)
        return plain, objective.correct_predictions(logits, labels)


def _any_size(draws: tf.Tensor) -> tf.TensorSpec:
    """Leave numbers of steps and of images open: one graph for whole batches and the rest."""
    return tf.TensorSpec([None, None, *draws.shape[2:]], draws.dtype)
