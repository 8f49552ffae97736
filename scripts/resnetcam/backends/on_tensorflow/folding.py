"""A classifier in inference mode with its normalizations folded into its convolutions.

Both are linear there, so one convolution computes the two (Jacob et al. 2018, arXiv:1712.05877,
section 3.2). The kernel is folded anew in every call, which costs next to nothing and follows every
later change of the weights.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import keras
import tensorflow as tf


class _FoldedConvolution(keras.layers.Layer):
    """A convolution and the normalization of its output, on the weights of the two."""

    def __init__(
        self, convolution: keras.layers.Conv2D, normalization: keras.layers.BatchNormalization
    ):
        super().__init__(name=convolution.name)
        self._convolution, self._normalization = convolution, normalization

    def call(self, inputs: tf.Tensor, training: bool = False, mask: Any = None) -> tf.Tensor:
        scale, offset = _scale_and_offset(self._normalization)
        kernel = tf.convert_to_tensor(self._convolution.kernel) * scale
        bias = tf.convert_to_tensor(self._convolution.bias) * scale + offset
        # TensorFlow computes BiasAdd, and a ReLU after it, within the convolution.
        return tf.nn.bias_add(self._convolution.convolution_op(inputs, kernel), bias)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._convolution.compute_output_shape(input_shape)


class _TakenIn(keras.layers.Layer):
    """Where a normalization was that the convolution before it computes."""

    def call(self, inputs: tf.Tensor, training: bool = False, mask: Any = None) -> tf.Tensor:
        return inputs


class _Affine(keras.layers.Layer):
    """A normalization that no convolution can take in, as one product and one sum."""

    def __init__(self, normalization: keras.layers.BatchNormalization):
        super().__init__(name=normalization.name)
        self._normalization = normalization

    def call(self, inputs: tf.Tensor, training: bool = False, mask: Any = None) -> tf.Tensor:
        scale, offset = _scale_and_offset(self._normalization)
        return inputs * scale + offset


def _scale_and_offset(normalization: keras.layers.BatchNormalization) -> tuple[Any, Any]:
    """Return s and t, float32 (K,), of the normalization x·s + t."""
    gamma, beta, mean, variance = (
        tf.convert_to_tensor(getattr(normalization, name))
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma * tf.math.rsqrt(variance + normalization.epsilon)
    return scale, beta - mean * scale


def folded(model: keras.Model) -> keras.Model:
    """Return a model with the same outputs, up to rounding, on the very weights of ``model``.

    Args:
        model: a functional model in float32.
    """
    return folded_parts(model, [model])[0]


def folded_parts(
    model: keras.Model, parts: Sequence[keras.Model], kept: Collection[str] = ()
) -> list[keras.Model]:
    """Fold models that are parts of one.

    Args:
        parts: sub-graphs of ``model``, made of its layers.
        kept: layers whose outputs are to be as in ``model``, because a part ends there. (A folded
            convolution's output is its normalization's; all other outputs are kept anyway.)
    """
    taken_in = _normalizations_after(model, kept)
    done = {normalization.name for normalization in taken_in.values()}

    def in_place_of(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in taken_in:
            return _FoldedConvolution(layer, taken_in[layer.name])
        if layer.name in done:
            return _TakenIn(name=layer.name)
        if isinstance(layer, keras.layers.BatchNormalization):
            return _Affine(layer)
        return layer

    return [keras.models.clone_model(part, clone_function=in_place_of) for part in parts]


def _normalizations_after(
    model: keras.Model, kept: Collection[str]
) -> dict[str, keras.layers.BatchNormalization]:
    """Name the convolutions whose output goes into a normalization and nowhere else, and it."""
    used = Counter(id(tensor) for layer in model.layers for tensor in _inputs(layer))
    used.update(id(tensor) for tensor in model.outputs)
    sources = {id(layer.output): layer for layer in model.layers}
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            source = sources[id(layer.input)]
            alone = used[id(layer.input)] == 1 and source.name not in kept
            if alone and isinstance(source, keras.layers.Conv2D):
                found[source.name] = layer
    return found


def _inputs(layer: keras.layers.Layer) -> list[Any]:
    return layer.input if isinstance(layer.input, list) else [layer.input]
