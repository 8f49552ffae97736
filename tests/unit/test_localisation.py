"""Localisation scores of hand-made maps with known answers."""

import numpy as np
import pytest

from resnetcam.explain.baselines import (
    BASELINES,
    centred_gaussian,
    of_other_images,
    random_maps,
    uniform,
)
from resnetcam.explain.localisation import energy_inside, pointing_game, score
from resnetcam.explain.maps import Maps
from resnetcam.regions.on_images import RegionMasks

MASKS = np.zeros((1, 4, 4), bool)
MASKS[0, 1:3, 1:3] = True
SHARING = ("gradcam", "layercam")


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
    found, again = centred_gaussian(2, height, width)
    np.testing.assert_array_equal(found, again)
    assert found.shape == (height, width)
    np.testing.assert_allclose(found, found[::-1, ::-1], rtol=1e-6)
    assert found[height // 2, width // 2] == found.max()
    if height % 2:
        assert found[height // 2, width // 2] == 1
    # A quarter of the width apart, from the centre: exp(-1/2).
    ratio = found[height // 2, -1] / found[height // 2].max()
    distance = ((width - 1) / 2) ** 2 - ((width - 1) / 2 - (width - 1) // 2) ** 2
    assert ratio == pytest.approx(np.exp(-distance / (2 * (width / 4) ** 2)), rel=1e-5)


def test_the_centre_of_the_highest_cell_is_what_points():
    """A cell of 2x2 pixels, whose centre lies between them, at the border and inside."""
    masks = np.zeros((1, 8, 8), bool)
    masks[0, :2, :1] = True
    assert pointing_game(peaked((0, 0, 5)), masks) == [0.5]
    masks[0, 2:4, 2:4] = True
    assert pointing_game(peaked((1, 1, 5)), masks) == [1]
    assert pointing_game(peaked((1, 2, 5)), masks) == [0]


def test_random_peaks_hit_as_often_as_the_region_is_large():
    """Also at the border, where interpolation would raise the peaks of an enlarged map."""
    masks = np.zeros((4000, 32, 32), bool)
    masks[:, 8:24, 8:24] = True
    hits = pointing_game(random_maps(4000, 8, 8), masks)
    assert hits.mean() == pytest.approx(0.25, abs=0.02)


def test_baselines_have_the_size_that_is_asked_for_and_are_always_the_same():
    for name, make in BASELINES.items():
        found = make(3, 4, 5)
        assert (found.shape, found.dtype) == ((3, 4, 5), np.float32), name
        np.testing.assert_array_equal(found, make(3, 4, 5))
    assert len(np.unique(random_maps(3, 4, 5))) == 60
    assert (uniform(3, 4, 5) == 1).all()


@pytest.fixture(scope="module")
def scored(inputs):
    return score(*inputs)


@pytest.fixture(scope="module")
def inputs():
    """40 images of 8x8 with a centred region of 4x4; maps of 4x4: 30 hits, 6 misses, 4 zeros."""
    masks = np.zeros((40, 8, 8), bool)
    masks[:, 2:6, 2:6] = True
    maps = np.concatenate([peaked((1, 1, 3))] * 30 + [peaked((0, 0, 3))] * 6 + [peaked()] * 4)
    known = RegionMasks(np.arange(10, 50, dtype=np.uint32), masks, ())
    blank = Maps(
        np.zeros((50, 4, 4), np.float32), np.zeros(50, np.uint8), np.arange(50, dtype="u4")
    )
    everywhere = blank._replace(maps=np.concatenate([blank.maps[:10], maps]))
    first_30 = Maps(*(values[:30] for values in everywhere))
    first_5 = Maps(*(values[:5] for values in blank))
    candidates = {"gradcam": everywhere, "layercam": first_30, "unknown_regions_only": first_5}
    return candidates, known


def test_all_are_scored_on_the_same_images(scored, inputs):
    """Those that all candidates share: a table's means of different images mislead."""
    candidates, known = inputs
    shared = {name: Maps(*(values[:30] for values in candidates[name])) for name in SHARING}
    few = RegionMasks(known.image_index[:20], known.masks[:20], ())
    again = score(shared, few)
    assert (scored["n"], scored["candidates"]) == (20, again["candidates"])
    assert scored["candidates"]["gradcam"]["pointing_game"]["mean"] == 1
    assert "unknown_regions_only" not in scored["candidates"]


def test_the_first_one_is_also_scored_on_all_known_images(scored):
    assert scored["region_share"] == 0.25
    one = scored["all_known"]
    assert (one["n"], one["zero_maps"], one["region_share"]) == (40, 4, 0.25)
    assert one["pointing_game"]["mean"] == 0.75
    assert "minus_first" not in one["pointing_game"]


def test_differences_are_those_of_the_means_in_the_table(scored):
    """So no sentence can say the opposite of what the means above it say."""
    random = np.random.default_rng(0)
    known = RegionMasks(np.arange(60, dtype="u4"), random.random((60, 8, 8)) < 0.3, ())
    candidates = {
        name: Maps(
            random.random((n, 4, 4)).astype("f4"), np.zeros(n, np.uint8), np.arange(n, dtype="u4")
        )
        for name, n in (("gradcam", 60), ("layercam", 25), ("eigencam", 30))
    }
    first, *others = score(candidates, known)["candidates"].values()
    for one in others:
        for metric in ("pointing_game", "energy_inside"):
            difference = one[metric]["mean"] - first[metric]["mean"]
            assert one[metric]["minus_first"]["mean"] == pytest.approx(difference)


def test_baselines_know_nothing(scored):
    found = scored["candidates"]
    assert found["uniform"]["pointing_game"]["mean"] == pytest.approx(0.25)
    assert found["uniform"]["energy_inside"]["mean"] == pytest.approx(0.25)
    assert found["centred_gaussian"]["pointing_game"]["mean"] == 1
    assert 0.25 < found["centred_gaussian"]["energy_inside"]["mean"] < 1
    assert found["random"]["energy_inside"]["mean"] == pytest.approx(0.25, abs=0.05)


def test_an_image_is_also_scored_by_the_map_of_another_known_image(scored, inputs):
    candidates, known = inputs
    of_others = candidates["gradcam"]._replace(maps=candidates["gradcam"].maps.copy())
    of_others.maps[10:] = of_other_images(of_others.maps[10:])
    again = score({"gradcam": candidates["gradcam"], "layercam": of_others}, known)["candidates"]
    assert again["other_image"] == again["layercam"]
    one = RegionMasks(known.image_index[:1], known.masks[:1], ())
    assert "other_image" not in score(candidates, one)["candidates"]


def test_intervals_contain_the_mean_and_have_the_size_of_a_binomials(scored):
    for one in scored["candidates"].values():
        for metric in ("pointing_game", "energy_inside"):
            found = one[metric]
            assert found["low"] - 1e-12 <= found["mean"] <= found["high"] + 1e-12
    found = scored["all_known"]["pointing_game"]
    expected = 2 * 1.96 * np.sqrt(0.75 * 0.25 / 40)
    assert found["high"] - found["low"] == pytest.approx(expected, rel=0.2)


def test_differences_are_taken_image_by_image(inputs):
    candidates, known = inputs
    found = score({"gradcam": candidates["gradcam"]}, known)["candidates"]
    assert "minus_first" not in found["gradcam"]["pointing_game"]
    ahead = found["centred_gaussian"]["pointing_game"]["minus_first"]
    assert ahead["mean"] == 0.25
    assert 0 < ahead["low"] < 0.25 < ahead["high"]


def test_scores_are_the_same_every_time(scored, inputs):
    assert score(*inputs) == scored
