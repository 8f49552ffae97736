"""Removed pixels are filled in from their neighbours, and ROAD follows what that does."""

from pathlib import Path

import numpy as np
import pytest

from resnetcam.explain import imputation
from resnetcam.explain.classified import Classified
from resnetcam.explain.faithfulness import removal_ranks
from resnetcam.explain.imputation import NOISE, imputed
from resnetcam.explain.road import road

# Answers of pytorch-grad-cam 1.5.7 (metrics/road.py: NoisyLinearImputer and ROADCombined at the
# percentiles 25, 50 and 75, both without noise) for four random images of 16 pixels, maps of 8 x 8
# cells, enlarged to pixels, and the class 1 of softmax(pixels @ weights).
REFERENCE = np.load(Path(__file__).parent / "road_of_pytorch_grad_cam.npz", allow_pickle=False)


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setattr(imputation, "NOISE", 0)


def probabilities(images):
    logits = images.reshape(len(images), -1) @ REFERENCE["weights"]
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


@pytest.mark.usefixtures("quiet")
def test_pixels_are_filled_in_as_by_pytorch_grad_cam():
    found = imputed(REFERENCE["images"], REFERENCE["kept"])

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, REFERENCE["filled"], atol=2e-4)
    np.testing.assert_array_equal(
        found[REFERENCE["kept"]], REFERENCE["images"][REFERENCE["kept"]].astype(np.float32)
    )


@pytest.mark.usefixtures("quiet")
def test_road_is_that_of_pytorch_grad_cam():
    images, maps = REFERENCE["images"], REFERENCE["maps"]
    cover = np.zeros(images.shape[1:], np.float32)
    classified = Classified(probabilities, images, cover, np.ones(len(images), int))

    found = road(classified, {"map": removal_ranks(maps), "opposite": removal_ranks(-maps)})

    np.testing.assert_allclose(found["map"], REFERENCE["road"], rtol=1e-3)
    np.testing.assert_allclose(found["opposite"], -REFERENCE["road"], rtol=1e-3)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("size", [(16, 16), (48, 48), (70, 90), (5, 33)])
def test_a_slope_is_filled_in_as_a_slope(size):
    """Each pixel of a slope is the mean of its neighbours, so inside of the image all is found."""
    height, width = size
    slope = np.arange(height)[:, None] * 1.5 + np.arange(width) * 0.5 + 20
    image = np.repeat(np.rint(slope).astype(np.uint8)[None, ..., None], 2, axis=-1)
    kept = np.ones((1, height, width), bool)
    kept[:, 1 : height - 1, 1 : width - 1] = False
    kept[:, height // 2, width // 2] = True

    found = imputed(image, kept)

    assert np.abs(found - image).max() < 3


@pytest.mark.usefixtures("quiet")
def test_one_pixel_that_is_left_fills_all():
    image = np.random.default_rng(0).integers(0, 256, (1, 9, 7, 3), dtype=np.uint8)
    kept = np.zeros((1, 9, 7), bool)
    kept[0, 4, 2] = True

    np.testing.assert_allclose(
        imputed(image, kept), np.broadcast_to(image[:, 4:5, 2:3], image.shape), rtol=1e-4
    )


def test_noise_is_small_the_same_every_time_and_where_pixels_are_removed():
    grey = np.full((2, 32, 32, 3), 128, np.uint8)
    kept = np.zeros((2, 32, 32), bool)
    kept[:, :8] = True

    one, again = imputed(grey, kept), imputed(grey, kept)

    np.testing.assert_array_equal(one, again)
    assert (one[:, :8] == 128).all()
    assert (one[:, 8:] - 128).std() == pytest.approx(255 * NOISE, rel=0.05)


def test_a_map_of_one_cell_removes_nothing():
    images = REFERENCE["images"]
    classified = Classified(probabilities, images, images[0].astype(np.float32), np.ones(4, int))

    found = road(classified, {"map": removal_ranks(np.ones((4, 1, 1), np.float32))})

    assert found["map"].tolist() == [0] * 4
