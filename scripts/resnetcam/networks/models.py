"""Networks as plain Keras functional graphs: a family's body, pooling, logits.

Layer names say where a layer stands, for example ``stage3_block3_out``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.networks.graph import IMAGES, Layer
from resnetcam.networks.layers import CENTRED, LOGITS, PIXELS, POOL, PROBABILITIES, body_of

BATCH_NORM_EPSILON = 1e-3

LayerClass = Callable[..., keras.layers.Layer]


class IdleBiasConvolution(keras.layers.Conv2D):
    """A convolution that feeds a batch normalization: its bias rests at zero in training.

    Normalization subtracts the batch's mean, and a bias with it: neither outputs nor other
    gradients depend on it, and its own gradient is rounding noise that takes time to compute.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.bias.trainable = False

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.convolution_op(inputs, self.kernel) if training else super().call(inputs)


@dataclass(frozen=True)
class _Classes:
    """The classes that a network's layers are made of."""

    normalization: LayerClass
    batch_norm_momentum: float
    normalized_convolution: LayerClass = keras.layers.Conv2D


def build_network(
    family: str,
    depth: int,
    channels: int,
    num_classes: int,
    *,
    side: int = 32,
    batch_norm_momentum: float = 0.99,
    normalization: LayerClass = keras.layers.BatchNormalization,
) -> keras.Model:
    """Build the network that training feeds: mean-subtracted images of any size to logits.

    Args:
        family: ``resnet_v1`` or ``resnet_v2``.
        depth: 6n+2 for v1, 9n+2 for v2.
        channels: of an image.
        num_classes: number of logits C.
        side: of whole images in pixels, which tells how often the stem halves them.
        batch_norm_momentum: weight of the old moving statistics.
        normalization: a BatchNormalization class; training may pass a faster subclass.

    Returns:
        A model from float32 (N, H, W, channels) to float32 logits (N, C).

    Raises:
        InputError: if the family has no such depth.
    """
    inputs = keras.Input((None, None, channels), name="centred_images")
    classes = _Classes(normalization, batch_norm_momentum, IdleBiasConvolution)
    logits = _network(inputs, body_of(family, depth, side), num_classes, classes)
    return keras.Model(inputs, logits, name=f"{family}_{depth}")


def build_classifier(
    family: str,
    depth: int,
    mean: NDArray[np.float32],
    num_classes: int,
    *,
    batch_norm_momentum: float = 0.99,
) -> keras.Model:
    """Build the model that is saved: raw RGB pixels to probabilities, every layer float32.

    Args:
        mean: float32 (H, W, channels), the mean training image in units of pixel/255. It is
            subtracted by a Rescaling layer, as a constant: users need no other file, and the
            number of parameters stays the network's own.

    Returns:
        A flat model of built-in layers from float32 (N, H, W, channels) in 0..255 to probabilities
        (N, C). Its last two layers are ``logits`` and ``probabilities``; its weights are those of
        ``build_network`` in the same order.
    """
    pixels = keras.Input(mean.shape, name=PIXELS, dtype="float32")
    centred = keras.layers.Rescaling(1 / 255, offset=-mean, name=CENTRED)(pixels)
    classes = _Classes(keras.layers.BatchNormalization, batch_norm_momentum)
    body = body_of(family, depth, max(mean.shape[:2]))
    logits = _network(centred, body, num_classes, classes)
    probabilities = keras.layers.Softmax(name=PROBABILITIES, dtype="float32")(logits)
    return keras.Model(pixels, probabilities, name=f"{family}_{depth}")


def initialize(network: keras.Model, seed: int) -> None:
    """Draw the network's weights from ``seed`` alone, the same on every backend.

    Kernels are he_normal (He et al. 2015b, arXiv:1502.01852): normal with variance 2/fan_in, cut at
    two standard deviations. Everything else keeps its constant start.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, 0x1417]))
    for variable in network.trainable_variables:
        if is_kernel(variable):
            fan_in = math.prod(variable.shape[:-1])
            variable.assign(_truncated_normal(generator, variable.shape, math.sqrt(2 / fan_in)))


def is_kernel(variable: keras.Variable) -> bool:
    """Whether a variable is the kernel of a convolution or of the Dense layer."""
    return variable.path.endswith("/kernel")


def is_convolution_kernel(variable: keras.Variable) -> bool:
    """Whether a variable is a convolution's kernel, projections included."""
    return is_kernel(variable) and len(variable.shape) == 4


def final_layer(model: keras.Model) -> str:
    """Name the layer whose output enters the pooling: Grad-CAM's default."""
    pooled = model.get_layer(POOL).input
    return next(layer.name for layer in model.layers if layer.output is pooled)


def _network(images: Any, layers: Sequence[Layer], num_classes: int, classes: _Classes) -> Any:
    """From a tensor of centred images to the tensor of logits."""
    # A convolution that feeds a normalization may be of another class than the others.
    normalized = {layer.inputs[0] for layer in layers if layer.kind == "norm"}
    tensors = {IMAGES: images}
    for layer in layers:
        inputs = [tensors[name] for name in layer.inputs]
        built = _keras_layer(layer, layer.name in normalized, classes)
        tensors[layer.name] = built(inputs if len(inputs) > 1 else inputs[0])
    x = _pool(tensors[layers[-1].name])
    return keras.layers.Dense(
        num_classes, kernel_initializer="he_normal", name=LOGITS, dtype="float32"
    )(x)


def _keras_layer(layer: Layer, normalized: bool, classes: _Classes) -> keras.layers.Layer:
    if layer.kind == "conv":
        convolution = classes.normalized_convolution if normalized else keras.layers.Conv2D
        return convolution(
            layer.filters,
            layer.size,
            strides=layer.stride,
            padding="same",
            kernel_initializer="he_normal",
            name=layer.name,
        )
    if layer.kind == "norm":
        momentum = classes.batch_norm_momentum
        return classes.normalization(momentum=momentum, epsilon=BATCH_NORM_EPSILON, name=layer.name)
    if layer.kind == "relu":
        return keras.layers.Activation("relu", name=layer.name)
    return keras.layers.Add(name=layer.name)


def _pool(x: Any) -> Any:
    """The mean over all positions; in float32, as a sum of bfloat16 loses bits."""
    size = tuple(x.shape[1:3])
    if None in size:
        return keras.layers.GlobalAveragePooling2D(name=POOL, dtype="float32")(x)
    x = keras.layers.AveragePooling2D(size, name=POOL, dtype="float32")(x)
    return keras.layers.Flatten(name="flatten")(x)


def _truncated_normal(
    generator: np.random.Generator, shape: tuple[int, ...], std: float
) -> NDArray[np.float32]:
    """Normal values within two standard deviations, rescaled so that ``std`` is what comes out."""
    values = generator.standard_normal(math.prod(shape))
    while (outside := np.abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    std_after_cut = 0.87962566103423978
    return (values * std / std_after_cut).reshape(shape).astype(np.float32)
