"""Class activation maps of arrays small enough to compute by hand."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from resnetcam.explain.display import normalized, resize_bilinear
from resnetcam.explain.method import METHODS
from resnetcam.explain.methods.ablationcam import ablationcam
from resnetcam.explain.methods.eigencam import eigencam
from resnetcam.explain.methods.gradcam import gradcam
from resnetcam.explain.methods.gradcam_plus_plus import gradcam_plus_plus
from resnetcam.explain.methods.hirescam import hirescam
from resnetcam.explain.methods.layercam import layercam

GRADIENT_METHODS = {
    name: method.compute for name, method in METHODS.items() if method.needs == "gradients"
}

# One image of 1x2 positions and two channels.
A = np.array([[[[1, 2], [3, 4]]]], np.float32)
G = np.array([[[[2, -1], [0, 0.5]]]], np.float32)


def test_gradcam_weights_channels_by_their_mean_gradient():
    # weights 1 and -1/4: 1 - 0.5 and 3 - 1
    np.testing.assert_allclose(gradcam(A, G), [[[0.5, 2]]])


def test_hirescam_weights_position_by_position():
    np.testing.assert_allclose(hirescam(A, G), [[[0, 2]]])  # 2 - 2 and 0 + 2


def test_layercam_weights_by_positive_gradients_only():
    np.testing.assert_allclose(layercam(A, G), [[[2, 2]]])


def test_gradcam_plus_plus_weights_positive_gradients_by_alpha():
    # Channel 0: g = 2, sum 4: alpha 1/10, weight 0.2. Channel 1: g = 0.5, sum 6: 1/5, weight 0.1.
    np.testing.assert_allclose(gradcam_plus_plus(A, G), [[[0.4, 1.0]]], rtol=1e-6)


@pytest.mark.parametrize("method", GRADIENT_METHODS.values(), ids=GRADIENT_METHODS)
class TestEveryGradientMethod:
    def test_is_raw_float32_after_the_relu(self, method):
        random = np.random.default_rng(0)
        a, g = random.random((5, 3, 4, 70), np.float32), random.normal(size=(5, 3, 4, 70))
        found = method(a, g.astype(np.float32))
        assert (found.shape, found.dtype) == ((5, 3, 4), np.float32)
        assert (found >= 0).all()
        assert found.any()

    def test_gives_zeros_for_a_class_with_no_evidence(self, method):
        assert not method(A, -np.abs(G)).any()
        assert not method(A, np.zeros_like(G)).any()

    def test_uses_the_channels_after_the_64th(self, method):
        a, g = np.zeros((1, 2, 2, 80), np.float32), np.ones((1, 2, 2, 80), np.float32)
        a[0, 1, 0, 79] = 1
        assert method(a, g)[0].argmax() == 2

    def test_never_mixes_images(self, method):
        random = np.random.default_rng(1)
        a = random.random((4, 3, 3, 6), np.float32)
        g = random.normal(size=a.shape).astype(np.float32)
        g[2] *= 1000
        at_once = method(a, g)
        for i in range(4):
            np.testing.assert_allclose(method(a[i : i + 1], g[i : i + 1])[0], at_once[i], rtol=1e-5)


def test_ablationcam_weights_channels_by_how_far_the_logit_falls_without_them():
    drops = np.array([[2, -0.5]], np.float32)
    np.testing.assert_allclose(ablationcam(A, drops), [[[1, 4]]])
    assert not ablationcam(A, -np.abs(drops)).any()


@pytest.mark.parametrize("channels", [3, 40], ids=["few channels", "many channels"])
def test_eigencam_projects_on_the_first_singular_vector(channels):
    a = np.random.default_rng(0).normal(0.3, 1, (4, 3, 5, channels)).astype(np.float32)
    for image, found in zip(a, eigencam(a), strict=True):
        _, _, vectors = np.linalg.svd(image.reshape(15, channels), full_matrices=False)
        expected = image @ vectors[0]
        expected = np.maximum(expected if expected.sum() > 0 else -expected, 0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_eigencam_of_positive_activations_has_one_sign_and_of_none_is_zero():
    a = np.random.default_rng(0).random((2, 4, 4, 6), np.float32)
    a[1] = 0
    found = eigencam(a)
    assert found.dtype == np.float32
    assert (found[0] > 0).all()
    assert not found[1].any()


def test_gradcam_plus_plus_is_finite_where_its_denominator_is_zero():
    a = np.array([[[[-1.0], [0.0]]]], np.float32)  # 2 + 2·(-1) = 0
    found = gradcam_plus_plus(a, np.full_like(a, 2))
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((8, 8), (32, 32)),
        ((4, 4), (512, 512)),
        ((2, 5), (7, 11)),
        ((1, 1), (6, 4)),
        ((1, 3), (5, 3)),
    ],
)
def test_resizing_equals_tensorflows_with_half_pixel_centres(old, new):
    maps = np.random.default_rng(0).random((3, *old), np.float32)
    expected = tf.image.resize(maps[..., None], new, "bilinear", antialias=False)[..., 0]
    found = resize_bilinear(maps, *new)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_resizing_doubles_a_line_as_by_hand():
    found = resize_bilinear(np.float32([[[0, 1]]]), 1, 4)
    np.testing.assert_allclose(found, [[[0, 0.25, 0.75, 1]]])


@given(
    arrays.arrays(
        np.float32, (2, 3, 4), elements=st.floats(0, 1e6, width=32, allow_subnormal=False)
    ),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_resizing_never_leaves_the_maps_range(maps, height, width):
    found = resize_bilinear(maps, height, width)
    for old, new in zip(maps, found, strict=True):
        assert old.min() * (1 - 1e-5) <= new.min() <= new.max() <= old.max() * (1 + 1e-5)


def test_each_map_is_stretched_by_its_own_range():
    maps = np.float32([[[1, 2], [3, 5]], [[0, 10], [5, 10]]])
    expected = [[[0, 0.25], [0.5, 1]], [[0, 1], [0.5, 1]]]
    np.testing.assert_allclose(normalized(maps), expected)


@pytest.mark.parametrize("value", [0, 3.7])
def test_a_flat_map_becomes_zeros_without_a_warning(value):
    with np.errstate(all="raise"):
        assert not normalized(np.full((1, 4, 4), value, np.float32)).any()
