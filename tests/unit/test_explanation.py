"""Maps of networks against the exact oracles of global average pooling and Dense (section 4)."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.utils.scores import CategoricalScore

from resnetcam.backends.on_tensorflow.attribution import ablations, activations_and_gradients
from resnetcam.common.errors import InputError
from resnetcam.common.sample import sample
from resnetcam.evaluation.logits import logits_function
from resnetcam.explain import explanation
from resnetcam.explain.explanation import (
    MapSettings,
    explain_test_set,
    explainer,
    resolve_class,
    resolve_layer,
)
from resnetcam.explain.maps import (
    GroupName,
    Maps,
    default_group,
    group_names,
    read_maps,
    write_maps,
)
from resnetcam.explain.method import METHODS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def _compiled_once():
    """Compile what concerns a layer once for all tests: that is most of their time."""
    with pytest.MonkeyPatch.context() as patch:
        for one in (activations_and_gradients, ablations):
            patch.setattr(explanation, one.__name__, functools.cache(one))
        yield


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


class Oracle:
    """Final activations and the chosen classes' kernel columns, without any gradient."""

    def __init__(self, classified, classes):
        model, images, *_ = classified
        body = keras.Model(model.inputs, model.get_layer("pool").input)
        self.activations = body({"pixels": images}, training=False).numpy()
        dense = model.get_layer("logits")
        self.w = dense.kernel.numpy().T[classes][:, None, None]
        self.positions = np.prod(self.activations.shape[1:3])
        self.bias = dense.bias.numpy()[classes]
        logits = logits_function(model)(images)
        self.scores = logits[np.arange(len(images)), classes]

    def cam(self, weights):
        return np.maximum((weights * self.activations).sum(-1), 0)


@pytest.fixture
def classes(classified):
    """A class an image, of which some have positive evidence and some may not."""
    return (classified.labels + np.arange(len(classified.labels))) % 10


def maps(classified, classes, layer="final", methods=METHODS, images=slice(None)):
    model = classified.model
    rows = np.atleast_2d(classes)[:, images]
    layer = resolve_layer(model, layer)
    found = explainer(model, layer)(classified.images[images], rows, methods)
    return {method: values[0] for method, values in found.items()}


def test_gradcam_and_hirescam_are_cam_over_the_number_of_positions(classified, classes):
    oracle = Oracle(classified, classes)
    expected = oracle.cam(oracle.w) / oracle.positions
    assert expected.any()
    found = maps(classified, classes)
    assert found["gradcam"].dtype == np.float32
    assert_close(found["gradcam"], expected)
    assert_close(found["hirescam"], expected)


def test_products_of_activations_and_gradients_sum_to_the_logit_without_its_bias(
    classified, classes
):
    oracle = Oracle(classified, classes)
    layer = resolve_layer(classified.model, "final")
    activations, (gradients,) = activations_and_gradients(classified.model, layer)(
        classified.images, classes[None]
    )
    assert activations.dtype == gradients.dtype == np.float32
    assert_close(activations, oracle.activations)
    assert_close((activations * gradients).sum((1, 2, 3)) + oracle.bias, oracle.scores)


def test_ablationcam_is_cam_with_each_channels_weight_times_its_mean(classified, classes):
    oracle = Oracle(classified, classes)
    means = oracle.activations.mean((1, 2), keepdims=True)
    assert_close(maps(classified, classes)["ablationcam"], oracle.cam(oracle.w * means))


@pytest.mark.parametrize("layer", ["stage2_block1_conv1", "stem_out", "stage3_block1_projection"])
def test_ablation_sets_one_channel_to_zero_wherever_the_layer_stands(classified, layer):
    """Against a copy of the network whose layer's output is masked."""
    model, images = classified.model, classified.images[:2]
    whole, without = ablations(model, layer)(images)
    assert_close(whole, logits_function(model)(images))
    mask = tf.Variable(tf.ones(len(without)))

    def call(one, *args, **kwargs):
        return one(*args, **kwargs) * (mask if one.name == layer else 1.0)

    masked = keras.models.clone_model(
        keras.Model(model.inputs, model.get_layer("logits").output), call_function=call
    )
    values = {v.path: v.numpy() for v in model.variables}
    for variable in masked.variables:
        variable.assign(values[variable.path])
    for channel in (0, len(without) - 1):
        mask.assign(1 - tf.one_hot(channel, len(without)))
        assert_close(without[channel], masked({"pixels": images}, training=False))


def test_eigencam_is_the_same_for_every_class(trained_v1):
    first, second = (
        maps(trained_v1, np.full(12, c), methods=["eigencam"])["eigencam"] for c in (0, 1)
    )
    assert first.any()
    np.testing.assert_array_equal(first, second)


def test_layercam_keeps_the_positive_weights(classified, classes):
    oracle = Oracle(classified, classes)
    expected = oracle.cam(np.maximum(oracle.w, 0)) / oracle.positions
    assert_close(maps(classified, classes)["layercam"], expected)


def test_gradcam_plus_plus_follows_its_closed_form(classified, classes):
    oracle = Oracle(classified, classes)
    g, total = oracle.w / oracle.positions, oracle.activations.sum((1, 2), keepdims=True)
    weights = oracle.positions * np.maximum(g, 0) / (2 + g * total)
    assert_close(maps(classified, classes)["gradcam++"], oracle.cam(weights))


@pytest.mark.parametrize("layer", ["final", "stage2_block1_conv2"])
def test_a_constant_added_to_all_logits_changes_no_map(classified, classes, layer):
    bias = classified.model.get_layer("logits").bias
    before, start = maps(classified, classes, layer), bias.numpy()
    bias.assign(start + 5)
    try:
        after = maps(classified, classes, layer)
    finally:
        bias.assign(start)
    for method in METHODS:
        assert before[method].any()
        assert_close(after[method], before[method])


def test_batches_equal_their_images_one_at_a_time(trained_v1, monkeypatch):
    monkeypatch.setattr(explanation, "BATCH", 6)
    classes, layer = trained_v1.labels, "stage2_block1_conv2"
    at_once = maps(trained_v1, classes, layer, images=slice(0, 7))
    assert at_once["gradcam"].shape[0] == 7
    for i in (0, 5, 6):
        alone = maps(trained_v1, classes, layer, images=slice(i, i + 1))
        for method in METHODS:
            assert_close(alone[method][0], at_once[method][i])


def test_every_class_choice_gets_its_own_maps(trained_v1):
    n = len(trained_v1.images)
    choices = np.stack([np.arange(n) % 10, np.full(n, 3)])
    explain = explainer(trained_v1.model, "stage3_block1_out")
    found = explain(trained_v1.images, choices, ["gradcam"])
    assert found["gradcam"].shape == (2, n, 4, 4)
    for row, expected in zip(choices, found["gradcam"], strict=True):
        oracle = Oracle(trained_v1, row)
        assert_close(expected, oracle.cam(oracle.w) / oracle.positions)


def in_float64(model, layer, delta):
    """The classifier up to its logits in float64, with ``delta`` added to a layer's output."""

    def cast(old):
        return type(old).from_config(old.get_config() | {"dtype": "float64"})

    def call(new, *args, **kwargs):
        outputs = new(*args, **kwargs)
        return keras.ops.add(outputs, delta) if new.name == layer else outputs

    whole = keras.Model(model.inputs, model.get_layer("logits").output)
    clone = keras.models.clone_model(whole, clone_function=cast, call_function=call)
    values = {variable.path: variable.numpy() for variable in whole.variables}
    for variable in clone.variables:
        variable.assign(values[variable.path])
    return clone


@pytest.mark.parametrize("layer", ["stage2_block1_conv1", "stage3_block1_bn2", "stage1_block1_out"])
def test_gradients_of_inner_layers_equal_finite_differences(trained_v1, layer):
    """Position by position, also inside a branch, where a head model of its own would fail."""
    model, images, labels, _ = trained_v1
    _, (gradients,) = activations_and_gradients(model, layer)(images[:1], labels[None, :1])
    shape = gradients.shape
    random = np.random.default_rng(0)
    spots = [tuple(random.integers(0, side) for side in shape) for _ in range(6)]
    spots.append(np.unravel_index(np.abs(gradients).argmax(), shape))
    step, pixels = 1e-5, {"pixels": images[:1].astype(np.float64)}
    tolerance = 1e-5 * float(np.abs(gradients).max())
    delta = tf.Variable(tf.zeros(shape, tf.float64))
    perturbed = in_float64(model, layer, delta)

    def score(spot, change):
        delta.assign(tf.scatter_nd([spot], [tf.constant(change, tf.float64)], shape))
        return float(perturbed(pixels, training=False)[0, labels[0]])

    for spot in spots:
        slope = (score(spot, step) - score(spot, -step)) / (2 * step)
        assert gradients[spot] == pytest.approx(slope, rel=1e-4, abs=tolerance)


@pytest.mark.parametrize("layer", ["final", "stage2_block1_out", "stage1_block1_conv2"])
def test_maps_equal_those_of_an_independent_library(classified, classes, layer):
    """tf-keras-vis has Grad-CAM and LayerCAM right; its Grad-CAM++ keeps exp(y)."""
    logits = keras.Model(classified.model.inputs, classified.model.get_layer("logits").output)
    name = resolve_layer(classified.model, layer)
    found = maps(classified, classes, layer)
    for method, library in (("gradcam", Gradcam), ("layercam", Layercam)):
        expected = library(logits, clone=False)(
            CategoricalScore(classes.tolist()),
            classified.images.astype(np.float32),
            penultimate_layer=name,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        assert np.any(expected)
        assert_close(found[method], np.asarray(expected))


def test_maps_of_every_spatial_layer_have_its_size(trained_v1):
    model = trained_v1.model
    for layer, side in (("pixels", 16), ("stage2_block1_conv2", 8), ("pool", 1)):
        found = maps(trained_v1, trained_v1.labels, layer, images=slice(0, 1))
        assert found["gradcam"].shape == (1, side, side)
    assert resolve_layer(model, "final") == "stage3_block1_out"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("stage3_block1_oot", "did you mean 'stage3_block1_out'"),
        ("conv2d_5", "It has: final, "),
        ("logits", "no spatial layer 'logits'"),
        ("flatten", "no spatial layer"),
    ],
)
def test_a_layer_that_is_not_there_is_refused_with_the_nearest_name(trained_v1, name, hint):
    with pytest.raises(InputError, match=rf"gradcam\.layers.*{hint}"):
        resolve_layer(trained_v1.model, name)


LABELS, PREDICTIONS = np.array([0, 1, 2], np.uint8), np.array([2, 1, 0])
NAMES = ("cat", "dog", "ship")


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("predicted", [2, 1, 0]), ("true", [0, 1, 2]), ("ship", [2, 2, 2]), ("cat", [0, 0, 0])],
)
def test_a_class_is_chosen_for_every_image(choice, expected):
    found = resolve_class(choice, LABELS, PREDICTIONS, NAMES)
    assert found.dtype == np.uint8
    assert found.tolist() == expected


@pytest.mark.parametrize(("choice", "meant"), [("shp", "ship"), ("predictd", "predicted")])
def test_a_class_that_is_not_there_is_refused_with_the_nearest_name(choice, meant):
    with pytest.raises(InputError, match=rf"gradcam\.classes.*did you mean '{meant}'"):
        resolve_class(choice, LABELS, PREDICTIONS, NAMES)


SETTINGS = {
    "layers": ["final", "stem_out"],
    "methods": ["gradcam", "layercam"],
    "classes": ["ship"],
    "images": 5,
}


def explained(trained_v1, **changes):
    model, images, labels, _ = trained_v1
    names = ("a", "b", "c", "ship", *"efghij")
    predictions = (labels.astype(int) + 1) % 10
    return explain_test_set(
        model, images, labels, predictions, names, MapSettings(**SETTINGS | changes)
    )


def test_the_default_method_and_layer_explain_all_images_the_others_some(trained_v1):
    found = explained(trained_v1)
    layers, choices = ("stage3_block1_out", "stem_out"), ("predicted", "true", "ship")
    assert set(found) == set(itertools.product(SETTINGS["methods"], layers, choices))
    labels = trained_v1.labels
    chosen = {"predicted": (labels + 1) % 10, "true": labels, "ship": np.full(12, 3)}
    rows = np.stack([chosen[choice] for choice in choices])
    for name, group in found.items():
        method, layer, choice = name
        everyone = (method, layer) == ("gradcam", "stage3_block1_out")
        some = sample(12, 12 if everyone else 5)
        np.testing.assert_array_equal(group.image_index, some)
        np.testing.assert_array_equal(group.class_index, chosen[choice][some])
        explain = explainer(trained_v1.model, layer)
        expected = explain(trained_v1.images[some], rows[:, some], [method])
        assert_close(group.maps, expected[method][choices.index(choice)])


def test_a_layer_named_twice_keeps_its_maps_of_all_images(trained_v1):
    found = explained(trained_v1, layers=["final", "stage3_block1_out"], methods=["gradcam"])
    assert {len(group.maps) for group in found.values()} == {12}


def test_maps_are_read_back_as_written_and_give_equal_bytes(tmp_path):
    groups = {
        GroupName(method, "stem_out", "true"): Maps(
            np.full((2, 3, 3), i, np.float32),
            np.array([i, 1], np.uint8),
            np.array([4, 70_000], "u4"),
        )
        for i, method in enumerate(METHODS)
    }
    for name in ("a.h5", "b.h5"):
        write_maps(tmp_path / name, groups)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert default_group(tmp_path / "a.h5", "ship") == ("ablationcam", "stem_out", "ship")
    assert group_names(tmp_path / "a.h5") == list(groups)
    for name, expected in groups.items():
        for found, values in zip(read_maps(tmp_path / "a.h5", name), expected, strict=True):
            assert found.dtype == values.dtype
            np.testing.assert_array_equal(found, values)
