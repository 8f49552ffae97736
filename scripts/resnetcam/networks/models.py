"""ResNet v1 and v2 for small images, as plain Keras functional graphs.

Sources: He et al. 2015 (arXiv:1512.03385), section 4.2, for v1; He et al. 2016
(arXiv:1603.05027), with bottleneck units, for v2. Both follow the widely used Keras example, whose
layer table the published run printed: convolutions carry a bias, projections no normalization.

Layer names say where a layer stands, for example ``stage3_block3_out``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.networks.families import blocks_per_stage

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
class _Layers:
    """The classes that a network's layers are made of."""

    normalization: LayerClass
    batch_norm_momentum: float
    normalized_convolution: LayerClass = keras.layers.Conv2D

    def norm(self, name: str) -> keras.layers.Layer:
        return self.normalization(
            momentum=self.batch_norm_momentum, epsilon=BATCH_NORM_EPSILON, name=name
        )

    def conv_norm(self, x: Any, filters: int, size: int, stride: int, names: Sequence[str]) -> Any:
        """A convolution and the batch normalization of its output."""
        conv, norm = names
        return self.norm(norm)(_conv(x, filters, size, stride, conv, self.normalized_convolution))


def build_network(
    family: str,
    depth: int,
    channels: int,
    num_classes: int,
    *,
    batch_norm_momentum: float = 0.99,
    normalization: LayerClass = keras.layers.BatchNormalization,
) -> keras.Model:
    """Build the network that training feeds: mean-subtracted images of any size to logits.

    Args:
        family: ``resnet_v1`` or ``resnet_v2``.
        depth: 6n+2 for v1, 9n+2 for v2.
        channels: of an image.
        num_classes: number of logits C.
        batch_norm_momentum: weight of the old moving statistics.
        normalization: a BatchNormalization class; training may pass a faster subclass.

    Returns:
        A model from float32 (N, H, W, channels) to float32 logits (N, C).

    Raises:
        InputError: if the family has no such depth.
    """
    inputs = keras.Input((None, None, channels), name="centred_images")
    layers = _Layers(normalization, batch_norm_momentum, IdleBiasConvolution)
    logits = _resnet(inputs, family, depth, num_classes, layers)
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
    pixels = keras.Input(mean.shape, name="pixels", dtype="float32")
    centred = keras.layers.Rescaling(1 / 255, offset=-mean, name="subtract_mean")(pixels)
    layers = _Layers(keras.layers.BatchNormalization, batch_norm_momentum)
    logits = _resnet(centred, family, depth, num_classes, layers)
    probabilities = keras.layers.Softmax(name="probabilities", dtype="float32")(logits)
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
    pooled = model.get_layer("pool").input
    return next(layer.name for layer in model.layers if layer.output is pooled)


def _resnet(images: Any, family: str, depth: int, num_classes: int, layers: _Layers) -> Any:
    blocks = blocks_per_stage(family, depth)
    body = {"resnet_v1": _body_v1, "resnet_v2": _body_v2}[family]
    x = body(images, blocks, layers)
    x = _pool(x)
    return keras.layers.Dense(
        num_classes, kernel_initializer="he_normal", name="logits", dtype="float32"
    )(x)


def _pool(x: Any) -> Any:
    """The mean over all positions; in float32, as a sum of bfloat16 loses bits."""
    size = tuple(x.shape[1:3])
    if None in size:
        return keras.layers.GlobalAveragePooling2D(name="pool", dtype="float32")(x)
    x = keras.layers.AveragePooling2D(size, name="pool", dtype="float32")(x)
    return keras.layers.Flatten(name="flatten")(x)


def _stem(x: Any, layers: _Layers) -> Any:
    return _relu(layers.conv_norm(x, 16, 3, 1, ("stem_conv", "stem_bn")), "stem_out")


def _body_v1(x: Any, blocks: int, layers: _Layers) -> Any:
    x = _stem(x, layers)
    for stage, filters in enumerate((16, 32, 64), start=1):
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            narrows = stage > 1 and block == 1
            stride = 2 if narrows else 1
            y = layers.conv_norm(x, filters, 3, stride, (f"{name}_conv1", f"{name}_bn1"))
            y = _relu(y, f"{name}_relu1")
            y = layers.conv_norm(y, filters, 3, 1, (f"{name}_conv2", f"{name}_bn2"))
            if narrows:
                x = _conv(x, filters, 1, stride, f"{name}_projection")
            x = _relu(keras.layers.Add(name=f"{name}_add")([x, y]), f"{name}_out")
    return x


def _body_v2(x: Any, blocks: int, layers: _Layers) -> Any:
    x = _stem(x, layers)
    for stage, (middle, out) in enumerate(((16, 64), (64, 128), (128, 256)), start=1):
        for block in range(1, blocks + 1):
            name = f"stage{stage}_block{block}"
            stride = 2 if stage > 1 and block == 1 else 1
            y = x
            if not stage == block == 1:
                y = _relu(layers.norm(f"{name}_bn1")(y), f"{name}_relu1")
            y = layers.conv_norm(y, middle, 1, stride, (f"{name}_conv1", f"{name}_bn2"))
            y = _relu(y, f"{name}_relu2")
            y = layers.conv_norm(y, middle, 3, 1, (f"{name}_conv2", f"{name}_bn3"))
            y = _conv(_relu(y, f"{name}_relu3"), out, 1, 1, f"{name}_conv3")
            if block == 1:
                x = _conv(x, out, 1, stride, f"{name}_projection")
            x = keras.layers.Add(name=f"{name}_out")([x, y])
    return _relu(layers.norm("final_bn")(x), "final_out")


def _conv(
    x: Any,
    filters: int,
    size: int,
    stride: int,
    name: str,
    layer_class: LayerClass = keras.layers.Conv2D,
) -> Any:
    return layer_class(
        filters, size, strides=stride, padding="same", kernel_initializer="he_normal", name=name
    )(x)


def _relu(x: Any, name: str) -> Any:
    return keras.layers.Activation("relu", name=name)(x)


def _truncated_normal(
    generator: np.random.Generator, shape: tuple[int, ...], std: float
) -> NDArray[np.float32]:
    """Normal values within two standard deviations, rescaled so that ``std`` is what comes out."""
    values = generator.standard_normal(math.prod(shape))
    while (outside := np.abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    std_after_cut = 0.87962566103423978
    return (values * std / std_after_cut).reshape(shape).astype(np.float32)
