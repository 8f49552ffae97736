"""Localisation scores of hand-made maps with known answers."""

import numpy as np
import pytest

from resnetcam.localisation import centred_gaussian, energy_inside, pointing_game, score

MASKS = np.zeros((1, 4, 4), bool)
MASKS[0, 1:3, 1:3] = True


def peaked(*cells, size=4):
    maps = np.zeros((1, size, size), np.float32)
    for row, column, value in cells:
        maps[0, row, column] = value
    return maps


@pytest.mark.parametrize(
    ("maps", "hit"),
    [
        (peaked((1, 2, 5), (0, 0, 4)), 1),
        (peaked((1, 2, 4), (0, 0, 5)), 0),
        (peaked((1, 1, 5), (2, 2, 5)), 1),
        (peaked((1, 1, 5), (0, 0, 5)), 1 / 2),
        (peaked((1, 1, 5), (0, 0, 5), (3, 3, 5), (0, 3, 5)), 1 / 4),
        (np.ones((1, 4, 4), np.float32), 4 / 16),
        (peaked(), 0),
    ],
    ids=["inside", "outside", "both inside", "tie", "tie of four", "flat", "zeros"],
)
def test_the_pointing_game_asks_where_the_peak_lies(maps, hit):
    assert pointing_game(maps, MASKS) == [hit]


@pytest.mark.parametrize(
    ("maps", "share"),
    [
        (peaked((1, 2, 5)), 1),
        (peaked((0, 0, 5)), 0),
        (peaked((1, 1, 1), (2, 2, 2), (3, 3, 1)), 3 / 4),
        (np.ones((1, 4, 4), np.float32), 1 / 4),
        (peaked(), 0),
    ],
    ids=["all", "none", "some", "flat", "zeros"],
)
def test_energy_is_the_share_of_the_sum_inside(maps, share):
    with np.errstate(all="raise"):
        assert energy_inside(maps, MASKS) == [share]


def test_images_are_scored_one_by_one():
    maps = np.concatenate([peaked((1, 1, 100)), peaked((0, 0, 1)), peaked()])
    masks = np.repeat(MASKS, 3, 0)
    assert pointing_game(maps, masks).tolist() == [1, 0, 0]
    assert energy_inside(maps, masks).tolist() == [1, 0, 0]


@pytest.mark.parametrize(("height", "width"), [(5, 9), (32, 32)])
def test_the_gaussian_is_centred_with_a_quarter_of_the_side_as_sigma(height, width):
    (found,) = centred_gaussian(height, width)
    assert found.shape == (height, width)
    np.testing.assert_allclose(found, found[::-1, ::-1], rtol=1e-6)
    assert found[height // 2, width // 2] == found.max()
    if height % 2:
        assert found[height // 2, width // 2] == 1
    # A quarter of the width apart, from the centre: exp(-1/2).
    ratio = found[height // 2, -1] / found[height // 2].max()
    distance = ((width - 1) / 2) ** 2 - ((width - 1) / 2 - (width - 1) // 2) ** 2
    assert ratio == pytest.approx(np.exp(-distance / (2 * (width / 4) ** 2)), rel=1e-5)


@pytest.fixture(scope="module")
def scored():
    """40 images of 8x8 with a centred region of 4x4; maps of 4x4: 30 hits, 6 misses, 4 zeros."""
    masks = np.zeros((40, 8, 8), bool)
    masks[:, 2:6, 2:6] = True
    maps = np.concatenate([peaked((1, 1, 3))] * 30 + [peaked((0, 0, 3))] * 6 + [peaked()] * 4)
    return score(maps, masks)


def test_a_score_holds_the_maps_and_both_baselines(scored):
    assert set(scored) == {
        "n",
        "zero_maps",
        "region_share",
        "maps",
        "centred_gaussian",
        "uniform",
    }
    assert (scored["n"], scored["zero_maps"], scored["region_share"]) == (40, 4, 0.25)
    assert scored["maps"]["pointing_game"]["mean"] == 0.75
    assert scored["uniform"]["pointing_game"]["mean"] == 0.25
    assert scored["uniform"]["energy_inside"]["mean"] == 0.25
    assert scored["centred_gaussian"]["pointing_game"]["mean"] == 1
    assert 0.25 < scored["centred_gaussian"]["energy_inside"]["mean"] < 1


def test_intervals_contain_the_mean_and_have_the_size_of_a_binomials(scored):
    for name in ("maps", "centred_gaussian", "uniform"):
        for metric in ("pointing_game", "energy_inside"):
            found = scored[name][metric]
            assert found["low"] - 1e-12 <= found["mean"] <= found["high"] + 1e-12
    found = scored["maps"]["pointing_game"]
    expected = 2 * 1.96 * np.sqrt(0.75 * 0.25 / 40)
    assert found["high"] - found["low"] == pytest.approx(expected, rel=0.2)


def test_scores_are_the_same_every_time(scored):
    masks = np.zeros((3, 8, 8), bool)
    masks[:, :4] = True
    maps = np.random.default_rng(0).random((3, 2, 2)).astype(np.float32)
    assert score(maps, masks) == score(maps, masks)
