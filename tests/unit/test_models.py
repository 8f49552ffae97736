"""The networks against the published layer table, and the saved model in a process of its own."""

import csv
import itertools
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import conftest
import keras
import numpy as np
import pytest
import tensorflow as tf

from resnetcam.backends.on_tensorflow.training import FusedBatchNormalization
from resnetcam.common.errors import InputError
from resnetcam.networks import layers, models

pytestmark = pytest.mark.slow

TABLE = Path(__file__).parents[2] / "resources" / "published_layers.csv"
IMAGE = (32, 32, 3)


def inputs_of(model):
    """Return {layer's name: names of the layers that feed it}."""
    producer = {id(layer.output): layer.name for layer in model.layers}
    found = {}
    for layer in model.layers:
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        found[layer.name] = [producer[id(tensor)] for tensor in tensors]
    return found


@pytest.fixture(scope="module")
def resnet20():
    return models.build_classifier("resnet_v1", 20, np.full(IMAGE, 0.5, np.float32), 10)


@pytest.fixture(scope="module")
def resnet29_v2():
    return models.build_network("resnet_v2", 29, 3, 10)


def test_resnet20_is_the_published_network_row_by_row(resnet20):
    with open(TABLE, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["type"] != "InputLayer"]
    wiring = inputs_of(resnet20)
    ours = {"subtract_mean": "input_1"}  # our layers by the published names
    theirs = {row["name"]: row for row in rows}
    pairs = [("logits", rows[-1]["name"])]  # from the last layer backwards, whatever the order
    while pairs:
        name, published = pairs.pop()
        row, layer = theirs[published], resnet20.get_layer(name)
        if name in ours:
            assert ours[name] == published
            continue
        ours[name] = published
        assert type(layer).__name__ == row["type"]
        shape = "x".join(str(side) for side in layer.output.shape[1:])
        assert (shape, layer.count_params()) == (row["output_shape"], int(row["params"]))
        feeding = row["inputs"].split()
        if feeding != ["input_1"]:
            pairs += zip(wiring[name], feeding, strict=True)
        else:
            assert wiring[name] == ["subtract_mean"]
    assert sorted(ours.values()) == sorted([*theirs, "input_1"])
    assert set(ours) | {"pixels", "probabilities"} == {layer.name for layer in resnet20.layers}


def test_resnet20s_layers_are_set_as_published(resnet20):
    for layer in resnet20.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            assert (layer.momentum, layer.epsilon) == (0.99, 1e-3)
        if isinstance(layer, keras.layers.Activation):
            assert layer.activation is keras.activations.relu
        if isinstance(layer, keras.layers.Conv2D):
            assert layer.padding == "same"
            assert layer.activation is keras.activations.linear
            size = 1 if layer.name.endswith("_projection") else 3
            assert layer.kernel_size == (size, size)
            assert layer.kernel_regularizer is None  # the decay is the optimizer's


def test_a_classifier_ends_in_logits_and_probabilities(resnet20):
    *_, logits, probabilities = resnet20.layers
    assert (logits.name, probabilities.name) == ("logits", "probabilities")
    assert logits.activation is keras.activations.linear
    assert isinstance(probabilities, keras.layers.Softmax)


@pytest.mark.parametrize(
    ("family", "depth", "total", "trainable"),
    [
        ("resnet_v1", 20, 274_442, 273_066),
        ("resnet_v2", 20, 574_090, 570_602),
        ("resnet_v2", 29, 849_002, 843_786),
        ("resnet_v2", 56, 1_673_738, 1_663_338),
    ],
)
def test_networks_have_the_published_numbers_of_parameters(family, depth, total, trainable):
    mean = np.zeros(IMAGE, np.float32)
    classifier = models.build_classifier(family, depth, mean, 10)
    assert classifier.count_params() == total
    assert sum(v.value.shape.num_elements() for v in classifier.trainable_variables) == trainable
    assert models.build_network(family, depth, 3, 10).count_params() == total


def test_a_classifiers_mean_is_no_parameter(resnet20):
    assert resnet20.count_params() == 274_442


def test_v2_units_stand_as_published(resnet29_v2):
    wiring = inputs_of(resnet29_v2)
    blocks = list(itertools.product((1, 2, 3), (1, 2, 3)))
    raw = "stem_out"
    for stage, block in blocks:
        name = f"stage{stage}_block{block}"
        first = stage == block == 1
        assert wiring[f"{name}_conv1"] == ["stem_out" if first else f"{name}_relu1"]
        assert (f"{name}_bn1" in wiring) is not first
        if not first:
            assert wiring[f"{name}_relu1"] == [f"{name}_bn1"]
            assert wiring[f"{name}_bn1"] == [raw]
        for i in (2, 3):
            assert wiring[f"{name}_conv{i}"] == [f"{name}_relu{i}"]
            assert wiring[f"{name}_relu{i}"] == [f"{name}_bn{i}"]
            assert wiring[f"{name}_bn{i}"] == [f"{name}_conv{i - 1}"]
        shortcut = f"{name}_projection" if block == 1 else raw
        assert sorted(wiring[f"{name}_out"]) == sorted([shortcut, f"{name}_conv3"])
        assert (f"{name}_projection" in wiring) == (block == 1)
        if block == 1:  # of the raw input, and straight into the addition: no BN
            assert wiring[f"{name}_projection"] == [raw]
        raw = f"{name}_out"
    assert wiring["stem_bn"] == ["stem_conv"]
    assert wiring["stem_out"] == ["stem_bn"]
    assert wiring["final_bn"] == [raw]
    assert wiring["pool"] == ["final_out"]


def test_v2_units_have_the_published_widths_sizes_and_strides(resnet29_v2):
    strides = {}
    for stage, block in itertools.product((1, 2, 3), (1, 2, 3)):
        convolutions = [
            resnet29_v2.get_layer(f"stage{stage}_block{block}_conv{i}") for i in (1, 2, 3)
        ]
        middle, out = ((16, 64), (64, 128), (128, 256))[stage - 1]
        assert [c.filters for c in convolutions] == [middle, middle, out]
        assert [c.kernel_size[0] for c in convolutions] == [1, 3, 1]
        strides[stage, block] = [c.strides[0] for c in convolutions]
    narrowing = {(2, 1), (3, 1)}
    assert strides == {at: [2 if at in narrowing else 1, 1, 1] for at in strides}
    projections = [resnet29_v2.get_layer(f"stage{s}_block1_projection") for s in (1, 2, 3)]
    assert [(p.kernel_size[0], p.strides[0]) for p in projections] == [(1, 1), (1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("family", "depth", "below", "above"),
    [
        ("resnet_v1", 21, 20, 26),
        ("resnet_v1", 25, 20, 26),
        ("resnet_v1", 2, 8, 14),
        ("resnet_v1", -4, 8, 14),
        ("resnet_v2", 10, 11, 20),
        ("resnet_v2", 30, 29, 38),
        ("resnet_v2", 110 + 8, 110, 119),
    ],
)
def test_other_depths_are_refused_with_the_two_nearest(family, depth, below, above):
    with pytest.raises(InputError, match=rf"depth {depth}\b.*\b{below} and {above}$"):
        models.build_network(family, depth, 3, 10)


@pytest.mark.parametrize(
    ("family", "depth"), [("resnet_v1", 8), ("resnet_v1", 20), ("resnet_v2", 11), ("resnet_v2", 29)]
)
def test_layers_are_known_without_the_network(family, depth):
    network = models.build_network(family, depth, 3, 10)
    spatial = [layer.name for layer in network.layers if len(layer.output.shape) == 4]
    known = layers.spatial_layers(family, depth, 32)
    assert sorted(known) == sorted(set(spatial) - {"centred_images", "pool"})


def initialized(seed):
    network = models.build_network("resnet_v1", 8, 3, 10)
    models.initialize(network, seed)
    return {variable.path: variable.numpy() for variable in network.variables}


def test_the_start_depends_on_the_seed_and_on_nothing_else():
    first, again, other = initialized(1), initialized(1), initialized(2)
    kernels = [path for path in first if path.endswith("kernel")]
    assert len(kernels) == 10
    for path, values in first.items():
        np.testing.assert_array_equal(values, again[path])
        assert (values != other[path]).any() == (path in kernels)
    assert len({values.flat[0] for path, values in first.items() if path in kernels}) == 10


def test_kernels_are_he_normal_cut_at_two_standard_deviations():
    start = initialized(1)
    for path, fan_in in (
        ("stage3_block1_conv2/kernel", 9 * 64),
        ("stage3_block1_conv1/kernel", 9 * 32),
        ("stage3_block1_projection/kernel", 32),
        ("logits/kernel", 64),
    ):
        values = start[path] / np.sqrt(2 / fan_in)
        error_of_std = 1 / np.sqrt(2 * values.size)
        assert values.std() == pytest.approx(1, abs=4 * error_of_std)
        assert np.abs(values).max() <= 2 / 0.8796
    assert np.abs(start["stage3_block1_conv2/kernel"]).max() > 2.25 * np.sqrt(2 / (9 * 64))
    reference = keras.initializers.HeNormal(seed=0)((3, 3, 64, 64)).numpy()
    found = start["stage3_block1_conv2/kernel"]
    assert np.quantile(found, [0.05, 0.3, 0.9]) == pytest.approx(
        np.quantile(reference, [0.05, 0.3, 0.9]), abs=0.002
    )


def test_biases_and_statistics_start_constant():
    starts = {"bias": 0, "beta": 0, "moving_mean": 0, "gamma": 1, "moving_variance": 1}
    for path, values in initialized(1).items():
        if (kind := path.split("/")[-1]) != "kernel":
            assert (values == starts[kind]).all()


def test_weight_decay_may_act_on_convolutions_alone_projections_included(resnet20):
    kernels = [v.path for v in resnet20.trainable_variables if models.is_kernel(v)]
    convolutions = [v.path for v in resnet20.trainable_variables if models.is_convolution_kernel(v)]
    assert len(convolutions) == 21
    assert sum("projection" in path for path in convolutions) == 2
    assert set(kernels) - set(convolutions) == {"logits/kernel"}


@pytest.mark.parametrize(("family", "depth"), [("resnet_v1", 8), ("resnet_v2", 11)])
def test_network_and_classifier_have_the_same_weights_in_the_same_order(family, depth):
    network = models.build_network(family, depth, 3, 10, normalization=FusedBatchNormalization)
    classifier = models.build_classifier(family, depth, np.zeros((16, 16, 3), np.float32), 10)
    names = [[v.path for v in model.weights] for model in (network, classifier)]
    assert names[0] == names[1]


def network_of(classified):
    """The plain network with a classifier's weights, and its inputs x/255 - mean."""
    model, images, _, mean = classified
    depth = int(model.name[10:])
    network = models.build_network(model.name[:9], depth, 3, conftest.CLASSES)
    network.set_weights(model.get_weights())
    return network, images.astype(np.float32) / 255 - mean


def test_a_classifier_subtracts_the_mean_image_of_raw_pixels(classified):
    network, centred = network_of(classified)
    expected = tf.nn.softmax(network(centred, training=False))
    found = classified.model(classified.images.astype(np.float32), training=False)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    by_bytes = classified.model.predict(classified.images, verbose=0)
    np.testing.assert_allclose(by_bytes, expected, atol=1e-5)


LOADER = """
import sys, numpy as np, keras
assert not any("resnetcam" in name for name in sys.modules)
images = np.load(sys.argv[1])
for path in sys.argv[2:]:
    model = keras.models.load_model(path, safe_mode=True)
    assert images.dtype == np.uint8
    np.save(path + ".npy", model.predict(images, verbose=0))
"""


def test_saved_models_work_in_plain_keras_without_the_projects_code(
    trained_v1, random_v2, tmp_path
):
    np.save(tmp_path / "images.npy", trained_v1.images)
    paths = []
    for classified in (trained_v1, random_v2):
        paths.append(tmp_path / f"{classified.model.name}.keras")
        classified.model.save(paths[-1])
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-I", "-c", LOADER, tmp_path / "images.npy", *paths],
        check=True,
        cwd=tmp_path,
        env=environment | {"KERAS_HOME": str(tmp_path)},
    )
    for classified, path in zip((trained_v1, random_v2), paths, strict=True):
        network, centred = network_of(classified)
        expected = tf.nn.softmax(network(centred, training=False))
        np.testing.assert_allclose(np.load(f"{path}.npy"), expected, atol=1e-5)


def test_a_saved_model_names_only_keras_layers_in_float32(classified, tmp_path):
    classified.model.save(tmp_path / "m.keras")
    config = json.loads(zipfile.ZipFile(tmp_path / "m.keras").read("config.json"))
    for layer in config["config"]["layers"]:
        assert layer["module"] == "keras.layers"
        assert layer["registered_name"] is None
    for layer in classified.model.layers:
        assert (layer.compute_dtype, layer.variable_dtype) == ("float32", "float32")
        assert layer.output.dtype == "float32"
    assert classified.model.input.dtype == "float32"


@pytest.mark.parametrize(
    ("fixture", "name"), [("trained_v1", "stage3_block1_out"), ("random_v2", "final_out")]
)
def test_the_final_layer_enters_the_pooling_also_after_loading(fixture, name, request, tmp_path):
    model = request.getfixturevalue(fixture).model
    model.save(tmp_path / "m.keras")
    assert models.final_layer(model) == name
    assert models.final_layer(keras.models.load_model(tmp_path / "m.keras")) == name


def test_the_final_layer_of_resnet20(resnet20):
    assert models.final_layer(resnet20) == "stage3_block3_out"


def batch_norms():
    """A plain and a fused layer with the same unusual weights."""
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 2, 3) for _ in range(4)]
    found = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind(momentum=0.7, epsilon=1e-3)
        layer.build((None, 2, 3, 3))
        layer.set_weights(weights)
        found.append(layer)
    return found


def outputs_and_gradients(layer, x, training):
    x = tf.constant(x)
    weights = tf.constant(np.random.default_rng(1).normal(size=x.shape), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=training)
        loss = tf.reduce_sum(weights * outputs**2)
    variables = [variable.value for variable in layer.trainable_variables]
    return [outputs, *tape.gradient(loss, [x, *variables])]


@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_normalization_equals_kerass(training):
    x = np.random.default_rng(2).normal(3, 2, (4, 2, 3, 3)).astype(np.float32)
    plain, fused = batch_norms()
    expected = outputs_and_gradients(plain, x, training)
    found = outputs_and_gradients(fused, x, training)
    for ours, theirs in zip(found + fused.weights, expected + plain.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_moving_variance_is_the_populations():
    x = np.random.default_rng(3).normal(0, 2, (2, 2, 1, 3)).astype(np.float32)  # 4 values: n-1 is 3
    fused = batch_norms()[1]
    before = fused.moving_variance.numpy()
    fused(x, training=True)
    expected = 0.7 * before + 0.3 * x.var((0, 1, 2))
    np.testing.assert_allclose(fused.moving_variance, expected, rtol=1e-5)


def test_statistics_stay_float32_where_activations_are_bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = FusedBatchNormalization(momentum=0.0)
        layer.build((None, 2, 2, 1))
    finally:
        keras.config.set_dtype_policy("float32")
    x = tf.cast(np.arange(64).reshape(16, 2, 2, 1) / 8, tf.bfloat16)
    assert layer(x, training=True).dtype == tf.bfloat16
    assert float(layer.moving_mean[0]) == pytest.approx(63 / 16, rel=1e-6)
    assert float(layer.moving_variance[0]) == pytest.approx((64**2 - 1) / 12 / 64, rel=1e-5)
