"""Explain decisions on the test set: maps of every method, layer and class choice."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.common.steps import told
from resnetcam.explain.cam import GRADIENT_METHODS, ablationcam, eigencam
from resnetcam.explain.class_choices import check_class_choices
from resnetcam.explain.maps import GroupName, Maps
from resnetcam.networks.models import final_layer

if keras.backend.backend() == "jax":
    from resnetcam.backends.on_jax.attribution import ablations, activations_and_gradients
else:
    from resnetcam.backends.on_tensorflow.attribution import ablations, activations_and_gradients

BATCH = 250

Images = NDArray[np.uint8]
Classes = NDArray[np.integer]
MapsByMethod = dict[str, NDArray[np.float32]]
Explainer = Callable[[Images, Classes], MapsByMethod]


def resolve_layer(classifier: keras.Model, name: str) -> str:
    """Return a layer's name.

    ``final`` stands for the one that enters the pooling, ``stage1`` for the last one of stage 1.

    Raises:
        InputError: if the model has no such layer, or its output is not an image of channels.
    """
    layers = [layer.name for layer in classifier.layers]
    ends = [one for one in layers if re.fullmatch(r"stage\d_block\d+_out", one)]
    short = {"final": final_layer(classifier)} | {one.partition("_")[0]: one for one in ends}
    if name in short:
        return short[name]
    spatial = [layer.name for layer in classifier.layers if len(layer.output.shape) == 4]
    if name in spatial:
        return name
    known = [*short, *spatial]
    raise InputError(
        f"gradcam.layers: {classifier.name} has no spatial layer {name!r}{nearest(name, known)}. "
        f"It has: {', '.join(known)}"
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
    check_class_choices([choice], class_names)
    return np.full(len(labels), class_names.index(choice), np.uint8)


def explain_test_set(
    classifier: keras.Model,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    predictions: NDArray[np.integer],
    class_names: Sequence[str],
    settings: dict[str, Any],
) -> dict[GroupName, Maps]:
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
        if not some_methods:
            continue
        found = explainer(classifier, layer, some_methods)(images[:n], classes[:, :n])
        for method, maps in found.items():
            for choice, chosen, of_choice in zip(choices, classes, maps, strict=True):
                name = GroupName(method, layer, choice)
                groups[name] = Maps(of_choice, chosen[:n], np.arange(n, dtype=np.uint32))
    return groups


def explainer(classifier: keras.Model, layer: str, methods: Sequence[str]) -> Explainer:
    """Return a compiled function of (images, classes) to one layer's maps, by method.

    It takes raw uint8 images (N, H, W, 3) and R class choices (R, N), and returns float32
    (R, N, h, w) for each method, in one pass over the images. It sees later changes of the
    classifier's weights.
    """
    attribute = activations_and_gradients(classifier, layer)
    ablate = ablations(classifier, layer)

    def explain_batch(images: Images, classes: Classes) -> MapsByMethod:
        A, gradients = attribute(images, classes)
        maps = {}
        for method in methods:
            if method == "eigencam":
                maps[method] = np.stack([eigencam(A)] * len(classes))
            elif method == "ablationcam":
                drops = _drops(*ablate(images), classes)
                maps[method] = np.stack([ablationcam(A, d) for d in drops])
            else:
                maps[method] = np.stack([GRADIENT_METHODS[method](A, g) for g in gradients])
        return maps

    def explain_all(images: Images, classes: Classes) -> MapsByMethod:
        batches = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
        work = told(batches, f"images of maps at {layer}", unit=BATCH)
        parts = [explain_batch(images[batch], classes[:, batch]) for batch in work]
        return {name: np.concatenate([part[name] for part in parts], axis=1) for name in methods}

    return explain_all


def _drops(
    logits: NDArray[np.float32], without: NDArray[np.float32], classes: Classes
) -> NDArray[np.float32]:
    """How far each class's logit falls without each channel: (R, B, K) of (B, C) and (K, B, C)."""
    images = np.arange(len(logits))
    return np.stack([(logits - without)[:, images, chosen].T for chosen in classes])
