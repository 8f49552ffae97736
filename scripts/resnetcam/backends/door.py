"""The one door to the backend: every other module asks here, and none knows which one it is.

The backend is the one that Keras runs on; ``runtime.start`` sets it before Keras is imported.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.recipe.augmentation import Prepare
from resnetcam.recipe.optimizer import Optimizer

Images = NDArray[np.uint8] | NDArray[np.float32]
Floats = NDArray[np.float32]

# Steps that a GPU's program holds at most: many, so that launches never wait.
STEPS_A_GPU_CALL = 400


class Trainer(Protocol):
    """Holds a network and the optimizer's slots on the device, perhaps the data, and runs steps."""

    def run(
        self,
        indices: NDArray[np.integer],
        draws: Mapping[str, NDArray[Any]],
        learning_rates: NDArray[np.floating],
        side: int | None = None,
    ) -> tuple[Any, Any]:
        """Run S steps of B images; return each image's cross-entropy, each step's correct ones.

        Args:
            indices: (S, B) into the images; draws: name to (S, B, ...); learning_rates: (S,).
            side: that the images are shrunk to, in pixels; None for whole images.

        Returns:
            Float32 arrays (S, B) and (S,) of the backend; on a GPU they may still be under way,
            and ``numpy.asarray`` waits for them.
        """

    def penalty(self) -> float:
        """The weight decay as a loss term: sum of decay/2 · w² over the trainable variables."""

    def weights(self) -> list[Floats]:
        """All of the network's variables as arrays, in the order of ``network.weights``."""

    def set_weights(self, values: Sequence[Floats]) -> None:
        """Put back what ``weights`` returned."""

    def slots(self) -> list[Floats]:
        """The optimizer's state as arrays."""

    def set_slots(self, values: Sequence[Floats]) -> None:
        """Put back what ``slots`` returned."""


def padded(values: NDArray[Any]) -> NDArray[Any]:
    """Fill up a call's steps (S, ...) with zeros, for GPUs.

    XLA compiles a program for every shape. So every number of steps gets one shape, and with it the
    number of steps to run.
    """
    missing = -len(values) % STEPS_A_GPU_CALL
    return np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1))


def trainer(
    network: keras.Model,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    prepare: Prepare,
    optimizer: Optimizer,
    decays: Sequence[float],
    label_smoothing: float,
) -> Trainer:
    """Return what runs training steps.

    Args:
        network: float images (B, H, W, channels) to logits (B, C), with ``normalization`` layers.
        images: uint8 (N, H, W, channels), or such ``Rows`` of a file; labels: (N,).
        prepare: from a batch of images and its draws to the network's inputs.
        decays: the weight decay of each trainable variable, added to its gradient, times itself.
        label_smoothing: share of the target spread evenly over all classes.
    """
    chosen: Any
    if _is_jax():
        from resnetcam.backends.on_jax import training as chosen
    else:
        from resnetcam.backends.on_tensorflow import training as chosen
    made: Trainer = chosen.Trainer(
        network, images, labels, prepare, optimizer, decays, label_smoothing
    )
    return made


def normalization() -> type[keras.layers.BatchNormalization]:
    """Return the batch normalization to train with: fast, with the plain layer's weights."""
    if _is_jax():
        from resnetcam.backends.on_jax.training import OnePassBatchNormalization

        return OnePassBatchNormalization
    from resnetcam.backends.on_tensorflow.training import FusedBatchNormalization

    return FusedBatchNormalization


def compiled(model: keras.Model) -> Callable[[Images], Floats]:
    """Return a compiled function from images (B, H, W, channels) to a model's one output.

    Images are uint8 or float32; the model runs in inference mode. The function sees later changes
    of the model's weights.
    """
    if _is_jax():
        from resnetcam.backends.on_jax.prediction import compiled as chosen
    else:
        from resnetcam.backends.on_tensorflow.prediction import compiled as chosen
    return chosen(model)


def activations_and_gradients(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8], NDArray[np.integer]], tuple[Floats, Floats]]:
    """Return a compiled function of (images (B, H, W, channels), class indices (R, B)).

    It answers with the layer's activations A (B, h, w, K) and, for each of the R class choices, the
    gradients of that class's pre-softmax logit by A, (R, B, h, w, K). Float32, inference mode;
    gradients are of each image's own logit, never pooled over the batch.
    """
    if _is_jax():
        from resnetcam.backends.on_jax.attribution import activations_and_gradients as chosen
    else:
        from resnetcam.backends.on_tensorflow.attribution import (
            activations_and_gradients as chosen,
        )
    return chosen(classifier, layer)


def ablations(
    classifier: keras.Model, layer: str
) -> Callable[[NDArray[np.uint8]], tuple[Floats, Floats]]:
    """Return a compiled function of images (B, H, W, channels).

    It answers with the pre-softmax logits (B, C), and with those that are left when one channel of
    the layer's output is set to zero, for each of its K channels: (K, B, C).
    """
    if _is_jax():
        from resnetcam.backends.on_jax.attribution import ablations as chosen
    else:
        from resnetcam.backends.on_tensorflow.attribution import ablations as chosen
    return chosen(classifier, layer)


def _is_jax() -> bool:
    name = keras.backend.backend()
    if name not in ("tensorflow", "jax"):
        raise InputError(
            f"Keras runs on {name}, which has no training step and no gradients here. Set "
            "KERAS_BACKEND to tensorflow or jax before Keras is imported."
        )
    return bool(name == "jax")
