"""Explain decisions on the test set: maps of every method, layer and class choice."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from resnetcam.backends.door import Floats, ablations, activations_and_gradients
from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.common.rows import Rows
from resnetcam.common.sample import sample
from resnetcam.common.steps import logged_steps
from resnetcam.explain.class_choices import check_class_choices
from resnetcam.explain.maps import GroupName, Maps
from resnetcam.explain.method import METHODS
from resnetcam.networks.layers import CENTRED, PIXELS, POOL, short_names

BATCH = 250

Images = NDArray[np.uint8]
Classes = NDArray[np.integer]
MapsByMethod = dict[str, NDArray[np.float32]]
Explainer = Callable[[Images | Rows, Classes, Sequence[str]], MapsByMethod]


@dataclass(frozen=True)
class MapSettings:
    """Which maps to compute, as the config's ``gradcam`` section says; the first ones are defaults.

    The default method at the default layer covers every image, the others a sample of ``images``.
    """

    methods: Sequence[str]
    layers: Sequence[str]
    classes: Sequence[str]
    images: int


def resolve_layer(classifier: keras.Model, name: str) -> str:
    """Return a layer's name.

    ``final`` stands for the one that enters the pooling, ``stage1`` for the last one of stage 1.

    Raises:
        InputError: if the model has no such layer, or its output is not an image of channels.
    """
    spatial = [one.name for one in classifier.layers if len(one.output.shape) == 4]
    short = short_names([one for one in spatial if one not in (PIXELS, CENTRED, POOL)])
    if name in short:
        return short[name]
    if name in spatial:
        return name
    known = [*short, *spatial]
    raise InputError(
        f"gradcam.layers: {classifier.name} has no spatial layer {name!r}{nearest(name, known)}. "
        f"It has: {', '.join(known)}"
    )


def resolve_class(
    choice: str,
    labels: NDArray[np.integer],
    predictions: NDArray[np.integer],
    class_names: Sequence[str],
) -> NDArray[np.integer]:
    """Return the class to explain for every image: predicted, true, or one class for all."""
    if choice == "predicted":
        return predictions.astype(labels.dtype)
    if choice == "true":
        return labels
    check_class_choices([choice], class_names)
    return np.full(len(labels), class_names.index(choice), labels.dtype)


def explain_test_set(
    classifier: keras.Model,
    images: Images | Rows,
    labels: NDArray[np.integer],
    predictions: NDArray[np.integer],
    class_names: Sequence[str],
    settings: MapSettings,
) -> dict[GroupName, Maps]:
    """Compute every group of ``gradcam.h5`` that the settings ask for.

    The predicted and the true class are always explained. Images may be ``Rows`` of a file.
    """
    choices = list(dict.fromkeys(["predicted", "true", *settings.classes]))
    classes = np.stack([resolve_class(c, labels, predictions, class_names) for c in choices])
    layers = list(dict.fromkeys(resolve_layer(classifier, name) for name in settings.layers))
    everyone = np.arange(len(images), dtype=np.uint32)
    some = sample(len(images), settings.images)
    rest = np.setdiff1d(everyone, some)
    methods, default = settings.methods, settings.methods[0]
    groups = {}
    for layer in layers:
        explain = explainer(classifier, layer)
        found = explain(Rows(images, some), classes[:, some], methods)
        index = dict.fromkeys(methods, some)
        if layer == layers[0] and rest.size:
            others = explain(Rows(images, rest), classes[:, rest], [default])[default]
            order = np.argsort(np.concatenate([some, rest]))
            found[default] = np.concatenate([found[default], others], axis=1)[:, order]
            index[default] = everyone
        for method, maps in found.items():
            for choice, chosen, of_choice in zip(choices, classes, maps, strict=True):
                name = GroupName(method, layer, choice)
                groups[name] = Maps(of_choice, chosen[index[method]], index[method])
    return groups


def explainer(classifier: keras.Model, layer: str) -> Explainer:
    """Return a compiled function of (images, classes, methods) to one layer's maps, by method.

    It takes raw uint8 images (N, H, W, C) and R class choices (R, N), and returns float32
    (R, N, h, w) for each method, in one pass over the images. It sees later changes of the
    classifier's weights.
    """
    attribute = activations_and_gradients(classifier, layer)
    ablate = functools.cache(lambda: ablations(classifier, layer))  # many never need it

    def explain_batch(images: Images, classes: Classes, methods: Sequence[str]) -> MapsByMethod:
        A, gradients = attribute(images, classes)
        wanted = {name: METHODS[name] for name in methods}
        needed = "drops" in {method.needs for method in wanted.values()}
        beside_a: dict[str, Iterable[Floats]] = {
            "gradients": gradients,
            "drops": _drops(*ablate()(images), classes) if needed else (),
        }
        maps = {}
        for name, method in wanted.items():
            if method.needs == "nothing":
                maps[name] = np.stack([method.compute(A)] * len(classes))
            else:
                maps[name] = np.stack([method.compute(A, x) for x in beside_a[method.needs]])
        return maps

    def explain(images: Images | Rows, classes: Classes, methods: Sequence[str]) -> MapsByMethod:
        batches = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
        work = logged_steps(batches, f"images of maps at {layer}", unit=BATCH)
        parts = [explain_batch(images[batch], classes[:, batch], methods) for batch in work]
        return {name: np.concatenate([part[name] for part in parts], axis=1) for name in methods}

    return explain


def _drops(
    logits: NDArray[np.float32], without: NDArray[np.float32], classes: Classes
) -> NDArray[np.float32]:
    """How far each class's logit falls without each channel: (R, B, K) of (B, C) and (K, B, C)."""
    images = np.arange(len(logits))
    return np.stack([(logits - without)[:, images, chosen].T for chosen in classes])
