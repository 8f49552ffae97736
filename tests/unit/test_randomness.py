"""Draws are functions of seed and epoch, in their ranges, independent of one another."""

import numpy as np
import pytest

from resnetcam.common.options import from_settings
from resnetcam.recipe.randomness import augmentation_draws, permutation
from resnetcam.recipe.recipe import Augmentation

EVERYTHING = {
    "subtract_mean": "after",
    "flip": "random",
    "crop_padding": 4,
    "affine": {"rotation": 10, "shift": 0.1, "zoom": 0.1},
    "erase": {"probability": 0.1, "area": [0.02, 0.4], "aspect": [0.3, 1 / 0.3], "value": [0, 1]},
}
NOTHING = {
    "subtract_mean": "after",
    "flip": "none",
    "crop_padding": 0,
    "affine": None,
    "erase": None,
}
HEIGHT, WIDTH = 20, 40


def draw(settings, seed=3, epoch=2, size=500):
    wanted = from_settings(Augmentation, settings)
    return augmentation_draws(wanted, seed, epoch, size, HEIGHT, WIDTH)


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_permutation_visits_every_image_once():
    assert sorted(permutation(1, 1, 100)) == list(range(100))


def test_permutations_differ_between_epochs_and_seeds():
    found = [tuple(permutation(seed, epoch, 50)) for seed in range(4) for epoch in range(1, 9)]
    assert len(set(found)) == 32


def test_draws_depend_on_seed_and_epoch_alone():
    order, draws = permutation(3, 2, 50), draw(EVERYTHING)
    np.random.seed(0)
    for epoch in (1, 7):
        permutation(3, epoch, 50)
        draw(EVERYTHING, epoch=epoch)
    np.testing.assert_array_equal(permutation(3, 2, 50), order)
    assert_same(draw(EVERYTHING), draws)


@pytest.mark.parametrize("other", [{"seed": 4}, {"epoch": 3}], ids=str)
@pytest.mark.parametrize("name", ["flip", "crop", "affine", "erase", "erase_value"])
def test_draws_differ_between_seeds_and_epochs(name, other):
    assert (draw(EVERYTHING)[name] != draw(EVERYTHING, **other)[name]).any()


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("flip", ["flip"]),
        ("crop_padding", ["crop"]),
        ("affine", ["affine"]),
        ("erase", ["erase", "erase_value"]),
    ],
)
def test_switching_one_augmentation_off_leaves_the_draws_of_the_others(key, names):
    expected = draw(EVERYTHING)
    for name in names:
        del expected[name]
    assert_same(draw(EVERYTHING | {key: NOTHING[key]}), expected)


def test_nothing_asked_for_is_nothing_drawn():
    assert draw(NOTHING) == {}


@pytest.mark.parametrize("flip", ["random", "alternating"])
def test_half_of_the_images_are_flipped(flip):
    flips = draw(EVERYTHING | {"flip": flip}, size=4000)["flip"]
    assert flips.dtype == bool
    assert flips.shape == (4000,)
    assert flips.mean() == pytest.approx(0.5, abs=0.03)


def test_an_alternating_flip_shows_the_other_side_in_every_epoch():
    settings = NOTHING | {"flip": "alternating"}
    first, second, third = (draw(settings, epoch=epoch)["flip"] for epoch in (1, 2, 3))
    np.testing.assert_array_equal(second, ~first)
    np.testing.assert_array_equal(third, first)
    assert (draw(settings, seed=4, epoch=1)["flip"] != first).any()


def test_crop_offsets_take_all_values_up_to_the_padding_in_both_directions():
    crop = draw(EVERYTHING, size=2000)["crop"]
    assert crop.dtype == np.int32
    for axis in (0, 1):
        values, counts = np.unique(crop[:, axis], return_counts=True)
        assert values.tolist() == list(range(-4, 5))
        assert counts.min() > 2000 / 9 * 0.7
    assert abs(np.corrcoef(crop.T)[0, 1]) < 0.1


def test_affine_parameters_fill_their_ranges_independently():
    affine = draw(EVERYTHING, size=4000)["affine"]
    assert affine.dtype == np.float32
    limits = [np.deg2rad(10), 0.1 * WIDTH, 0.1, 0.1]
    for values, middle, limit in zip(affine.T, [0, 0, 1, 1], limits, strict=True):
        deviations = (values - middle) / limit
        assert np.abs(deviations).max() <= 1 + 1e-5
        assert np.quantile(deviations, [0.05, 0.5, 0.95]) == pytest.approx([-0.9, 0, 0.9], abs=0.05)
    assert np.abs(np.corrcoef(affine.T) - np.eye(4)).max() < 0.06


def test_erased_boxes_always_fit_and_have_the_area_and_aspect_asked_for():
    draws = draw(EVERYTHING, size=20_000)
    top, left, height, width = draws["erase"].T
    erased = height > 0
    assert erased.mean() == pytest.approx(0.1, abs=0.01)
    assert (draws["erase"] >= 0).all()
    assert (top + height <= HEIGHT).all()
    assert (left + width <= WIDTH).all()
    top, left, height, width = (side[erased] for side in (top, left, height, width))
    # Sides are cut to whole pixels, so bounds hold for the box that may be a pixel larger.
    assert (height * width <= 0.4 * HEIGHT * WIDTH).all()
    assert ((height + 1) * (width + 1) > 0.02 * HEIGHT * WIDTH).all()
    assert (height / (width + 1) < 1 / 0.3).all()
    assert ((height + 1) / width > 0.3).all()
    assert {0, HEIGHT // 2} < set(top)
    assert {0, WIDTH - 5} < set(left)
    assert (height * width > 0.3 * HEIGHT * WIDTH).any()
    assert (height > 2 * width).any()
    assert (width > 2 * height).any()


def test_the_aspect_of_an_erased_box_is_its_height_over_its_width():
    tall = {"probability": 1, "area": [0.02, 0.2], "aspect": [2, 3]}
    _, _, height, width = draw(EVERYTHING | {"erase": EVERYTHING["erase"] | tall})["erase"].T
    assert (height > width).all()


def test_draws_of_one_kind_say_nothing_about_those_of_another():
    erase = EVERYTHING["erase"] | {"probability": 0.5}
    draws = draw(EVERYTHING | {"erase": erase}, size=4000)
    order = permutation(3, 2, 4000)
    kinds = [
        order,
        draws["flip"],
        draws["crop"][:, 0],
        draws["affine"][:, 0],
        draws["erase"][:, 2] > 0,
        draws["erase_value"],
    ]
    correlations = np.corrcoef(np.stack(kinds).astype(float))
    assert np.abs(correlations - np.eye(len(kinds))).max() < 0.06


def test_erasing_values_are_uniform_in_their_range():
    values = draw(EVERYTHING, size=4000)["erase_value"]
    assert values.dtype == np.float32
    assert np.quantile(values, [0, 0.5, 1]) == pytest.approx([0, 0.5, 1], abs=0.03)
    always = EVERYTHING["erase"] | {"probability": 1, "value": [0.2, 0.3]}
    values = draw(EVERYTHING | {"erase": always})["erase_value"]
    assert 0.2 <= values.min() <= values.max() <= 0.3


@pytest.mark.parametrize(("probability", "erased"), [(0, 0), (1, 500)])
def test_erasing_can_be_certain_or_impossible(probability, erased):
    settings = EVERYTHING | {"erase": EVERYTHING["erase"] | {"probability": probability}}
    assert (draw(settings)["erase"][:, 2] > 0).sum() == erased
