"""Explain decisions on the test set: maps of every method, layer and class choice."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.cam import METHODS
from resnetcam.errors import InputError
from resnetcam.maps import Maps, group_name
from resnetcam.models import final_layer
from resnetcam.names import nearest

if keras.backend.backend() == "jax":
    from resnetcam.backends.jax_gradients import activations_and_gradients
else:
    from resnetcam.backends.tensorflow_gradients import activations_and_gradients

_BATCH = 250


def resolve_layer(classifier: keras.Model, name: str) -> str:
    """Return a layer's name; ``final`` stands for the one that enters the pooling.

    Raises:
        InputError: if the model has no such layer, or its output is not an image of channels.
    """
    if name == "final":
        return final_layer(classifier)
    spatial = [layer.name for layer in classifier.layers if len(layer.output.shape) == 4]
    if name in spatial:
        return name
    raise InputError(
        f"gradcam.layers: {classifier.name} has no spatial layer {name!r}{nearest(name, spatial)}. "
        f"It has: final, {', '.join(spatial)}"
    )


def resolve_class(
    choice: str,
    labels: NDArray[np.uint8],
    predictions: NDArray[np.integer],
    class_names: Sequence[str],
) -> NDArray[np.uint8]:
    """Return the class to explain for every image: predicted, true, or one class for all."""
    if choice == "predicted":
        return predictions.astype(np.uint8)
    if choice == "true":
        return labels
    if choice in class_names:
        return np.full(len(labels), class_names.index(choice), np.uint8)
    allowed = ["predicted", "true", *class_names]
    raise InputError(
        f"gradcam.classes: there is no class {choice!r}{nearest(choice, allowed)}. "
        f"Allowed: {', '.join(allowed)}"
    )


def explain_test_set(
    classifier: keras.Model,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    predictions: NDArray[np.integer],
    class_names: Sequence[str],
    settings: dict[str, Any],
) -> dict[str, Maps]:
    """Compute every group of ``gradcam.h5`` that the config's ``gradcam`` section asks for.

    The first method at the first layer covers all images, the others the first
    ``settings["images"]``. The predicted and the true class are always explained.
    """
    choices = list(dict.fromkeys(["predicted", "true", *settings["classes"]]))
    classes = np.stack([resolve_class(c, labels, predictions, class_names) for c in choices])
    layers = list(dict.fromkeys(resolve_layer(classifier, name) for name in settings["layers"]))
    methods, few = settings["methods"], min(settings["images"], len(images))
    passes = [(layers[0], methods[:1], len(images)), (layers[0], methods[1:], few)]
    passes += [(layer, methods, few) for layer in layers[1:]]
    groups = {}
    for layer, some_methods, n in passes:
        found = explain(classifier, layer, images[:n], classes[:, :n], some_methods)
        for method, maps in found.items():
            for choice, chosen, of_choice in zip(choices, classes, maps, strict=True):
                name = group_name(method, layer, choice)
                groups[name] = Maps(of_choice, chosen[:n], np.arange(n, dtype=np.uint32))
    return groups


def explain(
    classifier: keras.Model,
    layer: str,
    images: NDArray[np.uint8],
    classes: NDArray[np.integer],
    methods: Sequence[str],
) -> dict[str, NDArray[np.float32]]:
    """Compute maps of one layer for R class choices in one batched pass.

    Args:
        images: uint8 (N, H, W, 3), raw pixels; classes: (R, N).

    Returns:
        For each method float32 (R, N, h, w).
    """
    if not methods:
        return {}
    run = activations_and_gradients(classifier, layer)
    parts: dict[str, list[Any]] = {method: [] for method in methods}
    for start in range(0, len(images), _BATCH):
        batch = slice(start, start + _BATCH)
        activations, gradients = run(images[batch], classes[:, batch])
        for method in methods:
            parts[method].append(np.stack([METHODS[method](activations, g) for g in gradients]))
    return {method: np.concatenate(maps, axis=1) for method, maps in parts.items()}
