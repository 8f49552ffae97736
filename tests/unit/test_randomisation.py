"""Cascading randomisation of a small network, and rank correlation against SciPy's."""

from pathlib import Path

import keras
import numpy as np
import pytest
from scipy import stats

from resnetcam.common.yaml_file import read_yaml
from resnetcam.explain import randomisation
from resnetcam.explain.agreement import rank_correlations
from resnetcam.explain.baselines import of_other_images
from resnetcam.explain.explanation import explainer, resolve_layer
from resnetcam.explain.randomisation import (
    cascade,
    compare,
    compare_with_other_images,
    parts,
)

PARTS_V1 = ["logits", "stage3_block1", "stage2_block1", "stage1_block1", "stem"]
PARTS_V2 = ["logits", "final", *PARTS_V1[1:]]


def test_ranks_correlate_as_scipy_says():
    random = np.random.default_rng(0)
    one = random.integers(0, 6, (20, 4, 4)).astype(np.float32)
    other = one + random.normal(0, 2, one.shape).astype(np.float32)
    expected = [stats.spearmanr(a.ravel(), b.ravel())[0] for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(rank_correlations(one, other), expected, atol=1e-12)


def test_equal_opposite_and_flat_maps():
    ramp = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    with np.errstate(all="raise"):
        assert rank_correlations(ramp, ramp**3) == pytest.approx([1])
        assert rank_correlations(ramp, -ramp) == pytest.approx([-1])
        assert rank_correlations(ramp, np.ones_like(ramp)) == [0]


def test_flat_maps_of_the_trained_network_are_left_out_and_others_count_as_zero():
    ramp = np.arange(9, dtype=np.float32).reshape(3, 3)
    flat = np.zeros((3, 3), np.float32)
    trained = np.stack([ramp, flat, ramp, ramp])
    assert compare(trained, trained)["correlation"]["mean"] == pytest.approx(1)
    got = compare(trained, np.stack([ramp, ramp, flat, ramp]))
    assert got["correlation"]["mean"] == pytest.approx(2 / 3)
    assert got["flat_maps"] == 1
    assert compare(trained[1:2], trained[:1]) == {"correlation": None, "flat_maps": 0}


@pytest.mark.parametrize("n", [2, 3, 500])
def test_each_image_gets_the_map_of_another_one_and_rarely_of_its_neighbour(n):
    maps = np.arange(n, dtype=np.float32).reshape(n, 1, 1)
    others = of_other_images(maps).ravel()
    assert sorted(others) == list(range(n))
    assert (others != maps.ravel()).all()
    assert n < 4 or (np.abs(others - maps.ravel()) == 1).sum() < 10


def test_maps_of_other_images_show_what_all_have_in_common():
    random = np.random.default_rng(0)
    middle = np.exp(-((np.mgrid[:8, :8] - 3.5) ** 2).sum(0) / 8).astype(np.float32)
    scattered = random.random((200, 8, 8)).astype(np.float32)
    assert compare_with_other_images(scattered)["mean"] == pytest.approx(0, abs=0.05)
    assert compare_with_other_images(middle + 0.1 * scattered)["mean"] > 0.8
    assert compare_with_other_images(scattered[:1]) is None


@pytest.mark.slow
@pytest.mark.parametrize(("fixture", "names"), [("trained_v1", PARTS_V1), ("random_v2", PARTS_V2)])
def test_parts_go_from_the_logits_to_the_stem_and_hold_all_weights(fixture, names, request):
    model = request.getfixturevalue(fixture).model
    found = parts(model)
    assert list(found) == names
    layers = [layer for group in found.values() for layer in group]
    assert sorted(layers) == sorted(layer.name for layer in model.layers if layer.weights)


@pytest.mark.slow
def test_a_cascade_randomises_one_part_more_each_time(trained_v1):
    model = keras.models.clone_model(trained_v1.model)
    model.set_weights(trained_v1.model.get_weights())
    images, classes = trained_v1.images[:3], trained_v1.labels[:3]
    before = {v.path: v.numpy() for v in model.variables}
    layer = resolve_layer(model, "final")
    expected = explainer(model, layer)(images, classes[None], ["gradcam"])["gradcam"][0]
    done = []
    for part, maps in cascade(model, layer, images, classes, "gradcam"):
        if part == "none":
            np.testing.assert_array_equal(maps, expected)
            continue
        done.append(part)
        for variable in model.variables:
            changed = not np.array_equal(variable.numpy(), before[variable.path])
            belongs = variable.path.startswith(tuple(done))
            assert changed <= belongs, variable.path
            if variable.path.endswith("/kernel"):
                assert changed == belongs, variable.path
        now = explainer(model, layer)(images, classes[None], ["gradcam"])["gradcam"][0]
        np.testing.assert_array_equal(maps, now)
    assert done == PARTS_V1
    assert {v.numpy().std() for v in model.variables if v.path.endswith("/gamma")} == {0}


def test_no_training_begins_with_the_random_networks_weights():
    schema = read_yaml(Path(__file__).parents[2] / "schemas/config.schema.yaml")
    assert schema["$defs"]["seed"]["maximum"] < randomisation._SEED


@pytest.mark.slow
def test_a_cascade_is_the_same_every_time(trained_v1):
    def last():
        model = keras.models.clone_model(trained_v1.model)
        model.set_weights(trained_v1.model.get_weights())
        *_, level = cascade(
            model, "stage3_block1_out", trained_v1.images[:2], trained_v1.labels[:2], "gradcam"
        )
        return level.maps

    np.testing.assert_array_equal(last(), last())
