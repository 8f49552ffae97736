"""TensorFlow, in this process, against JAX, in another one."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import backend_probe as probe
import numpy as np
import pytest
import test_augmentation as reference
from backend_probe import part

from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.explain.method import METHODS

pytestmark = pytest.mark.slow

PROBE = Path(__file__).with_name("backend_probe.py")
# Compiles three times as fast; what it computes is the same but for rounding.
BACKENDS = ["tensorflow", "jax"]
QUICKLY = "XLA_FLAGS", "--xla_backend_optimization_level=0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, trained_v1, random_v2):
    """The models to look at, trained and saved by TensorFlow, and the inputs of the probe."""
    path = tmp_path_factory.mktemp("backends")
    for name, classified in (("v1", trained_v1), ("v2", random_v2)):
        classified.model.save(path / f"{name}.keras")
    random = np.random.default_rng(0)
    shape = (6, reference.HEIGHT, reference.WIDTH, 3)
    np.savez(
        path / "inputs.npz",
        images=random.random(shape, np.float32),
        pixels=random.integers(0, 256, shape, np.uint8),
        mean=random.random(shape[1:], np.float32),
        test_images=trained_v1.images,
        test_labels=trained_v1.labels,
        **reference.DRAWS,
    )
    return path


@pytest.fixture(scope="module")
def inputs(folder):
    return dict(np.load(folder / "inputs.npz"))


@pytest.fixture(scope="module")
def found(folder):
    """What each backend computed: two dictionaries of arrays, TensorFlow's and JAX's."""
    with (
        subprocess.Popen(
            [sys.executable, PROBE, folder],
            env=os.environ | dict([QUICKLY]) | {"PYTHONPATH": "scripts"},
            cwd=PROBE.parents[2],
        ) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(*QUICKLY)
        by_tensorflow = probe.everything(folder)
    assert process.returncode == 0
    return by_tensorflow, dict(np.load(folder / "jax.npz"))


def expected_of(inputs):
    """Every transform in NumPy and SciPy, in float64 where there is arithmetic."""

    def affine(images):
        pairs = zip(images, inputs["affine"], strict=True)
        return np.stack([reference.reference_affine(image, *p) for image, p in pairs])

    def all_in_a_row(images, scale):
        moved = reference.reference_flip(reference.reference_crop(affine(images)))
        return reference.reference_erase(moved * scale) / scale

    images, pixels, mean = inputs["images"], inputs["pixels"], inputs["mean"]
    before = all_in_a_row(pixels / 255 - mean, 1)
    after = all_in_a_row(pixels.astype(np.float64), 1 / 255) / 255 - mean
    return {
        "affine": affine(images),
        "crop": reference.reference_crop(pixels),
        "flip": reference.reference_flip(pixels),
        "erase": reference.reference_erase(images),
        "shrink": reference.reference_shrink(images, 7),
        "before": before,
        "after": after,
        "before, shrunk": reference.reference_shrink(before, 7),
        "after, shrunk": reference.reference_shrink(after, 7),
    }


@pytest.mark.parametrize("backend", [0, 1], ids=BACKENDS)
def test_augmentation_equals_numpy_scipy_and_pillow(found, inputs, backend):
    augmented = part(found[backend], "augmented")
    expected = expected_of(inputs)
    assert augmented.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(augmented[name], values, atol=reference.TOLERANCE, err_msg=name)
    for name in ("crop", "flip"):
        assert augmented[name].dtype == np.uint8


def test_both_backends_are_given_the_same_draws(found):
    ours, theirs = (part(arrays, "drawn") for arrays in found)
    assert ours.keys() == theirs.keys() == {"order", *reference.DRAWS}
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name])


def differences(found, training):
    """By what is compared: {variable: (distance, how far training moved it)}."""
    ours, theirs = (part(arrays, f"trained/{'/'.join(training)}") for arrays in found)
    assert ours.keys() == theirs.keys()
    for name in ours:
        if name.startswith("end/"):
            variable = name.removeprefix("end/")
            start = ours[f"start/{variable}"]
            np.testing.assert_array_equal(start, theirs[f"start/{variable}"])
            moved = np.linalg.norm(ours[name] - start)
            yield variable, np.linalg.norm(ours[name] - theirs[name]), moved


@pytest.mark.parametrize("training", probe.TRAININGS, ids=" ".join)
def test_a_dozen_training_steps_agree(found, training):
    """Losses agree to 1e-6, and weights to 1e-5 of their way, as long as every ReLU decides alike.

    One whose input is zero but for rounding may not. That moves a loss by up to 3e-5 and the
    weights of its channel by some percent of their way: so much, too, on one backend alone when
    its start is changed in the last bit. Biases that a later normalization takes away have
    rounding errors for gradients, so that only their size is compared.
    """
    ours, theirs = (part(arrays, f"trained/{'/'.join(training)}") for arrays in found)
    np.testing.assert_allclose(theirs["losses"][:3], ours["losses"][:3], rtol=1e-5)
    np.testing.assert_allclose(theirs["losses"], ours["losses"], rtol=2e-4)
    np.testing.assert_allclose(theirs["hits"], ours["hits"], atol=1)
    for name, distance, moved in differences(found, training):
        tolerance = 1e-3 if "moving" in name else 0.05
        assert distance <= tolerance * moved + 1e-6, name
    slots = part(ours, "slot")
    for name, values in part(theirs, "slot").items():
        distance = np.linalg.norm(values - slots[name])
        assert distance <= 0.05 * np.linalg.norm(slots[name]) + 1e-6, name


@pytest.mark.parametrize("backend", [0, 1], ids=BACKENDS)
def test_biases_before_a_normalization_rest_and_do_not_act(found, backend):
    idle = ("stem_conv/bias", "_conv1/bias", "_conv2/bias")
    for training in probe.TRAININGS:
        ends = part(found[backend], f"trained/{'/'.join(training)}/end")
        resting = [values for name, values in ends.items() if name.endswith(idle)]
        assert len(resting) == 7
        assert not np.concatenate(resting).any()
    kept = part(found[backend], "trainer")
    assert len(kept["idle"]) > 0
    np.testing.assert_array_equal(kept["idle"], 1)
    np.testing.assert_array_equal(kept["others"], 0)


def test_a_trainer_goes_on_from_its_weights_and_slots_to_the_same_bits(found):
    for arrays in found:
        kept = part(arrays, "trainer")
        first, again = kept["measured"]
        np.testing.assert_array_equal(first, again)
        assert kept["snapshot"], "weights or slots changed with the steps after them"


def close(found, expected, tolerance=1e-4):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("network", probe.LAYERS)
def test_logits_agree(found, network):
    ours, theirs = (part(arrays, f"seen/{network}")["logits"] for arrays in found)
    assert theirs.dtype == np.float32
    close(theirs, ours)


@pytest.mark.parametrize("layer", [f"{n}/{k}" for n, names in probe.LAYERS.items() for k in names])
@pytest.mark.parametrize("method", METHODS)
def test_maps_of_the_predicted_and_the_true_class_agree(found, layer, method):
    ours, theirs = (part(arrays, f"seen/{layer}")[method] for arrays in found)
    assert theirs.dtype == np.float32
    assert theirs.shape == ours.shape
    assert ours.any()
    # A ReLU above the layer whose input is next to zero may be open on one backend alone, which
    # changes the gradient at its place.
    largest = np.abs(ours).max()
    off = np.abs(theirs - ours) > 1e-4 * largest
    assert off.mean() < 2e-3
    assert np.abs(theirs - ours).max() < 1e-3 * largest


@pytest.mark.parametrize("network", probe.LAYERS)
def test_on_jax_a_batch_equals_its_images_and_a_constant_in_the_logits_does_not_count(
    found, network
):
    seen = part(found[1], f"seen/{network}")
    at_once = part(seen, probe.LAYERS[network][1])
    for method, alone in part(seen, "alone").items():
        close(alone, at_once[method][:, :1], 1e-5)
    close(seen["shifted"], seen["gradients"], 1e-5)


@pytest.mark.parametrize("network", ["trained_v1", "random_v2"])
def test_jaxs_maps_have_the_closed_forms_of_pooling_and_dense(found, network, request):
    """CAM over the number of positions, HiResCAM's sum, LayerCAM, and Grad-CAM++."""
    classified, name = request.getfixturevalue(network), network[-2:]
    seen = part(found[1], f"seen/{name}")
    maps, A, g = part(seen, "final"), seen["activations"], seen["gradients"]
    dense = classified.model.get_layer("logits")
    classes = np.stack([seen["logits"].argmax(1), classified.labels])
    assert (classes[0] != classes[1]).any()
    w, Z = dense.kernel.numpy().T[classes][:, :, None, None], np.prod(A.shape[1:3])

    def weighted(weights):
        return np.maximum((weights * A).sum(-1), 0)

    close(maps["gradcam"], weighted(w) / Z, 1e-5)
    close(maps["hirescam"], weighted(w) / Z, 1e-5)
    close(maps["layercam"], weighted(np.maximum(w, 0)) / Z, 1e-5)
    alpha = Z * np.maximum(w / Z, 0) / (2 + w / Z * A.sum((1, 2), keepdims=True))
    close(maps["gradcam++"], weighted(alpha), 1e-5)
    scores = np.take_along_axis(seen["logits"], classes.T, 1).T - dense.bias.numpy()[classes]
    close((A * g).sum((2, 3, 4)), scores, 1e-5)


def test_a_model_trained_on_jax_is_plain_and_classifies_alike_on_tensorflow(found, folder):
    model = load_classifier(folder / "jax.keras")
    images, _ = probe.problem()
    expected = found[1]["saved/logits"]
    close(logits_function(model)(images), expected)
    config = zipfile.ZipFile(folder / "jax.keras").read("config.json").decode()
    assert "resnetcam" not in config
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_jaxs_normalization_equals_kerass_and_keeps_the_populations_variance(found):
    norm = part(found[1], "norm")
    for name, values in part(norm, "ours").items():
        np.testing.assert_allclose(values, norm[f"keras/{name}"], rtol=1e-4, atol=1e-4)
    *_, mean, variance = (norm[f"ours/True/{i}"] for i in range(6))
    x, before = norm["x"], norm["before"]
    np.testing.assert_allclose(mean, 0.7 * before[2] + 0.3 * x.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.7 * before[3] + 0.3 * x.var((0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize("backend", [0, 1], ids=BACKENDS)
def test_on_a_gpu_a_call_is_one_program_of_the_same_steps(found, backend):
    single, whole = part(found[backend], "trained/v1/sgd"), part(found[backend], "gpu")
    np.testing.assert_allclose(whole["losses"], single["losses"], rtol=2e-4)
    np.testing.assert_allclose(whole["hits"], single["hits"], atol=1)
    moved = np.array([m for _, _, m in differences(found, ("v1", "sgd"))])
    assert (whole["distances"] <= 0.05 * moved + 1e-6).all()
    sizes = 2  # of images
    assert whole["programs"] == sizes, "compiled anew for more steps, or for weights put back"


@pytest.mark.parametrize("backend", [0, 1], ids=BACKENDS)
def test_images_that_stay_in_their_file_give_the_same_bits(found, backend):
    for where, held in (("cpu", "trained/v1/sgd"), ("gpu", "gpu")):
        of_file, of_memory = part(found[backend], f"fed/{where}"), part(found[backend], held)
        sizes = of_file.pop("programs")
        assert {"losses", "hits"} < of_file.keys() and len(of_file) > 40
        for name, values in of_file.items():
            np.testing.assert_array_equal(values, of_memory[name], err_msg=f"{where} {name}")
    assert sizes == 2, "compiled anew for fewer steps"


def test_bfloat16_convolves_in_bfloat16_and_keeps_its_state_in_float32(found):
    """Read from the program that the compiler gets."""
    text = str(found[1]["program/text"])
    convolutions = re.findall(r"stablehlo\.convolution.*: (\(.*?\) -> .*)", text)
    assert len(convolutions) == 26
    for types in convolutions:
        assert set(re.findall(r"x(b?f\d+)>", types)) == {"bf16"}
    arguments, results = re.search(r"@main\((.*?)\) -> \((.*?)\) \{", text).groups()
    overwritten = re.findall(r"tensor<(\S+?)> \{[^}]*tf.aliasing_output", arguments)
    assert len(overwritten) > 60
    assert {kind.split("x")[-1] for kind in overwritten} == {"f32"}
    assert "bf16" not in results
    # The images are no part of the program, and bytes until a batch is taken of them.
    assert "tensor<64x8x8x3xui8>" in arguments
    assert not re.search(r"custom_call|callback|infeed|send", text)
