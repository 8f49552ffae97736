"""The training step on TensorFlow: several compiled steps a call, fused batch normalization."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from resnetcam import optimizers


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
    """Holds the network, the data and the optimizer's slots on the device, and runs steps.

    Args:
        network: float images (B, H, W, 3) to logits (B, C), built with ``NORMALIZATION``.
        images: uint8 (N, H, W, 3); labels: uint8 (N,).
        prepare: (uint8 batch, draws of the batch) to the network's float32 inputs.
        optimizer: see ``optimizers``.
        decayed: which trainable variables the weight decay acts on.
        label_smoothing: share of the target spread evenly over all classes.
    """

    def __init__(
        self,
        network: keras.Model,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        prepare: Callable[[Any, Mapping[str, Any]], Any],
        optimizer: optimizers.Optimizer,
        decayed: Callable[[keras.Variable], bool],
        label_smoothing: float,
    ):
        self.network = network
        self._images, self._labels = tf.constant(images), tf.constant(labels, tf.int32)
        self._prepare = prepare
        self._optimizer = optimizer
        self._decay = [
            optimizer.weight_decay if decayed(v) else 0.0 for v in network.trainable_variables
        ]
        self._label_smoothing = label_smoothing
        self._slots = [
            [tf.Variable(tf.zeros(v.shape), trainable=False) for v in network.trainable_variables]
            for _ in range(optimizer.num_slots)
        ]
        self._graphs: dict[int, Callable[..., Any]] = {}

    def run(
        self,
        indices: NDArray[np.integer],
        draws: Mapping[str, NDArray[Any]],
        learning_rates: NDArray[np.float32],
    ) -> tuple[float, float]:
        """Run S steps of B images each and return the sums of cross-entropy and of hits.

        Args:
            indices: (S, B) into the images; draws: name to (S, B, ...); learning_rates: (S,).
        """
        arguments = (
            tf.constant(indices, tf.int32),
            {name: tf.constant(values) for name, values in draws.items()},
            tf.constant(learning_rates, tf.float32),
        )
        batch_size = indices.shape[1]
        if batch_size not in self._graphs:
            specs = tf.nest.map_structure(_any_number_of_steps, arguments)
            self._graphs[batch_size] = tf.function(self._steps).get_concrete_function(*specs)
        loss, hits = self._graphs[batch_size](*arguments)
        return float(loss), float(hits)

    def penalty(self) -> float:
        """The weight decay as a loss term: sum of decay/2 · w² over the decayed variables."""
        terms = [
            decay / 2 * float(tf.reduce_sum(tf.square(tf.cast(v, tf.float32))))
            for decay, v in zip(self._decay, self.network.trainable_variables, strict=True)
            if decay
        ]
        return float(np.sum(terms))

    def slots(self) -> list[NDArray[np.float32]]:
        """The optimizer's state as arrays."""
        return [slot.numpy() for group in self._slots for slot in group]

    def set_slots(self, values: list[NDArray[np.float32]]) -> None:
        """Put back what ``slots`` returned."""
        flat = [slot for group in self._slots for slot in group]
        for slot, value in zip(flat, values, strict=True):
            slot.assign(value)

    def _steps(self, indices: Any, draws: Any, learning_rates: Any) -> Any:
        loss, hits = tf.constant(0.0), tf.constant(0.0)
        for step in tf.range(tf.shape(indices)[0]):
            batch = {name: values[step] for name, values in draws.items()}
            step_loss, step_hits = self._step(indices[step], batch, learning_rates[step])
            loss, hits = loss + step_loss, hits + step_hits
        return loss, hits

    def _step(self, indices: Any, draws: Any, learning_rate: Any) -> Any:
        inputs = self._prepare(tf.gather(self._images, indices), draws)
        labels = tf.gather(self._labels, indices)
        variables = [v.value for v in self.network.trainable_variables]
        with tf.GradientTape() as tape:
            logits = self.network(inputs, training=True)
            smoothed, plain = _cross_entropies(logits, labels, self._label_smoothing)
            objective = tf.reduce_mean(smoothed)
        gradients = tape.gradient(objective, variables)
        for i, (variable, gradient) in enumerate(zip(variables, gradients, strict=True)):
            if self._decay[i]:
                gradient += self._decay[i] * variable
            slots = [group[i] for group in self._slots]
            change, new_slots = self._optimizer.update(gradient, slots, learning_rate)
            for slot, value in zip(slots, new_slots, strict=True):
                slot.assign(value)
            variable.assign_add(change)
        hits = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), labels), tf.float32))
        return tf.reduce_sum(plain), hits


NORMALIZATION = FusedBatchNormalization


def _any_number_of_steps(values: tf.Tensor) -> tf.TensorSpec:
    """Leave the number of steps open and keep the batch size: one graph, of static shapes."""
    return tf.TensorSpec([None, *values.shape[1:]], values.dtype)


def _cross_entropies(logits: Any, labels: Any, smoothing: float) -> tuple[Any, Any]:
    """Per-image cross-entropy against smoothed targets, and against the plain labels."""
    log_probabilities = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    plain = -tf.gather(log_probabilities, labels, batch_dims=1)
    smoothed = (1 - smoothing) * plain - smoothing * tf.reduce_mean(log_probabilities, 1)
    return smoothed, plain
