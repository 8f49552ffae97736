"""Which images an epoch leaves out."""

import numpy as np
import pytest

from resnetcam.recipe.skipping import expected_shares, kept, progress, whole_batches

LOSSES = np.arange(1000, dtype=np.float32) ** 2  # 577 of them are below their mean
LOTS = np.random.default_rng(0).random(1000)
_DRAWS = np.random.default_rng(1).random((100, 1000))


def test_the_easier_an_image_the_more_often_it_is_left_out_and_hard_ones_never():
    share = np.mean([kept(1, 3, LOSSES, lots) for lots in _DRAWS], axis=0)
    np.testing.assert_allclose(share, np.minimum(LOSSES / LOSSES.mean(), 1), atol=0.25)
    assert share[LOSSES.mean() <= LOSSES].min() == 1


def test_no_image_is_left_out_with_more_than_the_probability():
    easiest = np.mean([kept(0.6, 3, LOSSES, lots)[:100] for lots in _DRAWS])
    assert easiest == pytest.approx(0.4, abs=0.02)
    np.testing.assert_array_equal(kept(0.6, 3, LOSSES, LOTS)[:100], LOTS[:100] >= 0.6)


@pytest.mark.parametrize(("probability", "epoch"), [(0.0, 5), (0.9, 1), (0.9, 2)])
def test_the_first_two_epochs_see_all(probability, epoch):
    assert kept(probability, epoch, LOSSES, LOTS).all()


def test_images_of_equal_losses_all_stay():
    assert kept(0.9, 3, np.ones(1000, np.float32), LOTS).all()
    assert kept(0.9, 3, np.zeros(1000, np.float32), LOTS).all()


@pytest.mark.parametrize(("images", "left"), [(0, 0), (3, 3), (16, 16), (31, 16), (32, 32)])
def test_a_rest_that_fills_no_batch_is_left_out_unless_it_is_all(images, left):
    np.testing.assert_array_equal(whole_batches(np.arange(images), 16), np.arange(left))


def test_what_is_to_be_expected_is_known_beforehand():
    assert expected_shares(0.5, 5) == pytest.approx([1, 1, 0.64375, 0.64375, 0.64375])
    assert expected_shares(0, 3) == [1, 1, 1]
    assert expected_shares(0.5, 1) == [1]


def test_progress_counts_the_images_that_were_to_be_expected():
    found = [progress(0.5, epoch, 5, 4) for epoch in range(1, 6)]
    images = np.repeat([1, 1, 0.64375, 0.64375, 0.64375], 4) / 4
    np.testing.assert_allclose(np.concatenate(found), (images.cumsum() - images / 2) / images.sum())


def test_without_leaving_out_progress_is_the_share_of_steps():
    found = np.concatenate([progress(0, epoch, 3, 5) for epoch in (1, 2, 3)])
    np.testing.assert_allclose(found, (np.arange(15) + 0.5) / 15)
