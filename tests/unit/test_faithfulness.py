"""Deletion, insertion, drop and increase on a network that is simple enough to know the answers."""

import numpy as np
import pytest

from resnetcam.explain.baselines import of_other_images
from resnetcam.explain.faithfulness import (
    Classified,
    area,
    curves,
    drop_and_increase,
    removal_ranks,
    score,
)

N = 5


def probabilities(images):
    """Class 1's probability is the share of the upper left quarter that is white."""
    share = images[:, :4, :4].mean((1, 2, 3)) / 255
    return np.stack([1 - share, share], 1).astype(np.float32)


@pytest.fixture
def white():
    """White images on a black cover; the network sees the upper left quarter only."""
    images = np.full((N, 8, 8, 3), 255, np.uint8)
    cover = np.zeros((8, 8, 3), np.float32)
    return Classified(probabilities, images, cover, np.ones(N, int))


def maps_of(*cells):
    """Maps of 2x2 whose cells have these values."""
    return np.repeat(np.array(cells, np.float32).reshape(1, 2, 2), N, 0)


def curves_of(classified, ranks, steps):
    return curves(classified, {"map": ranks}, steps)["map"]


def test_cells_are_ranked_from_the_highest():
    assert removal_ranks(np.array([[[3.0, 1], [2, 9]]], np.float32)).tolist() == [[[1, 3], [2, 0]]]


def test_ties_are_broken_at_random_the_same_way_every_time():
    flat = np.zeros((300, 2, 2), np.float32)
    ranks = removal_ranks(flat)
    np.testing.assert_array_equal(ranks, removal_ranks(flat))
    firsts = np.bincount(ranks.reshape(300, 4).argmin(1), minlength=4)
    assert (firsts > 40).all()
    tied = np.zeros((1, 2, 2), np.float32)
    tied[0, 1, 1] = 1
    assert removal_ranks(tied)[0, 1, 1] == 0


def test_deletion_covers_and_insertion_uncovers_the_highest_cells_first(white):
    deletion, insertion = curves_of(white, removal_ranks(maps_of(9, 3, 2, 1)), 4)
    np.testing.assert_allclose(deletion, [[1, 0, 0, 0, 0]] * N)
    np.testing.assert_allclose(insertion, [[0, 1, 1, 1, 1]] * N)
    deletion, insertion = curves_of(white, removal_ranks(maps_of(1, 2, 3, 9)), 4)
    np.testing.assert_allclose(deletion, [[1, 1, 1, 1, 0]] * N)
    np.testing.assert_allclose(insertion, [[0, 0, 0, 0, 1]] * N)


def test_fewer_steps_take_several_cells_at_once(white):
    deletion, insertion = curves_of(white, removal_ranks(maps_of(3, 9, 2, 1)), 2)
    np.testing.assert_allclose(deletion, [[1, 0, 0]] * N)
    np.testing.assert_allclose(insertion, [[0, 1, 1]] * N)


def test_the_cover_is_what_a_covered_place_shows(white):
    grey = white._replace(cover=np.full((8, 8, 3), 51, np.float32))
    deletion, _ = curves_of(grey, removal_ranks(maps_of(9, 3, 2, 1)), 4)
    np.testing.assert_allclose(deletion[:, 1:], 0.2, rtol=1e-6)


def test_cells_that_do_not_divide_the_image_cover_it_whole(white):
    ranks = removal_ranks(np.random.default_rng(0).random((N, 3, 5)).astype(np.float32))
    deletion, insertion = curves_of(white, ranks, 15)
    np.testing.assert_allclose(deletion[:, [0, -1]], [[1, 0]] * N)
    np.testing.assert_allclose(insertion, 1 - deletion, atol=1e-6)  # of this linear network


def test_every_distinct_picture_is_classified_once(white):
    seen = []

    def counted(images):
        seen.extend(image.tobytes() for image in images)
        return probabilities(images)

    images = np.random.default_rng(0).integers(1, 256, (N, 8, 8, 3), dtype=np.uint8)
    varied = white._replace(probabilities=counted, images=images)
    ranks = {
        "one": removal_ranks(maps_of(9, 3, 2, 1)),
        "equal": removal_ranks(maps_of(8, 4, 2, 1)),
        "other": removal_ranks(maps_of(1, 3, 2, 9)),
    }
    together = curves(varied, ranks, 4)
    # Of an image, an order makes the whole one, the covered one and three in either direction; of
    # these six, the two orders share {0, 1, 2} and {1, 2, 3}.
    assert len(seen) == N * (2 + 6 + 6 - 4)
    assert len(set(seen)) == len(seen) - (N - 1)  # covered, all images look alike
    for name, one in ranks.items():
        np.testing.assert_array_equal(together[name], curves_of(varied, one, 4))


def test_areas_are_trapezoids():
    assert area(np.array([[1, 0, 0, 0, 0], [1, 1, 1, 1, 0], [0.5] * 5])) == pytest.approx(
        [1 / 8, 7 / 8, 1 / 2]
    )


def test_drop_is_relative_and_increase_counts():
    before, after = np.float32([0.8, 0.5, 0.2, 0]), np.float32([0.2, 0.5, 0.4, 0])
    with np.errstate(all="raise"):
        drop, increase = drop_and_increase(before, after)
    assert drop == pytest.approx([0.75, 0, 0, 0])
    assert increase.tolist() == [0, 0, 1, 0]


def test_the_right_map_beats_the_wrong_one_and_the_baselines_stand_between(white):
    found = score(white, {"gradcam": maps_of(9, 0, 0, 0), "layercam": maps_of(0, 1, 2, 9)}, 16)
    assert (found["n"], found["steps"]) == (N, 4)
    right, wrong, _, random, gaussian, uniform = found["candidates"].values()
    baselines = ["other_image", "random", "centred_gaussian", "uniform"]
    assert list(found["candidates"])[2:] == baselines
    assert right["deletion_auc"]["mean"] == pytest.approx(1 / 8)
    assert wrong["deletion_auc"]["mean"] == pytest.approx(7 / 8)
    assert right["insertion_auc"]["mean"] == pytest.approx(7 / 8)
    for baseline in (random, gaussian):
        assert 1 / 8 < baseline["deletion_auc"]["mean"] < 7 / 8
    assert "minus_first" not in right["deletion_auc"]
    assert wrong["deletion_auc"]["minus_first"]["mean"] == pytest.approx(6 / 8)
    assert wrong["insertion_auc"]["minus_first"]["mean"] == pytest.approx(-6 / 8)
    assert right["drop"]["mean"] < wrong["drop"]["mean"]
    assert uniform["drop"]["mean"] == 0
    assert uniform["shown"]["mean"] == 1
    assert "deletion_auc" not in uniform
    assert right["curves"]["deletion"] == pytest.approx([1, 0, 0, 0, 0])


def test_each_image_is_covered_by_the_map_of_another_one_too(white):
    maps = maps_of(9, 3, 2, 1)
    maps[3] = [[1, 2], [3, 9]]
    of_others = of_other_images(maps)
    found = score(white, {"gradcam": maps, "layercam": of_others}, 4)["candidates"]
    assert found["other_image"] == found["layercam"]
    images = white._replace(images=white.images[:1], classes=white.classes[:1])
    assert "other_image" not in score(images, {"gradcam": maps[:1]}, 4)["candidates"]


def test_flat_maps_are_counted_and_leave_nothing(white):
    maps = maps_of(9, 0, 0, 0)
    maps[:2] = 3
    one = score(white, {"gradcam": maps}, 4)["candidates"]["gradcam"]
    assert one["flat_maps"] == 2
    alone = score(white, {"gradcam": np.zeros_like(maps)}, 4)["candidates"]["gradcam"]
    assert alone["shown"]["mean"] == 0
    assert alone["drop"]["mean"] == 1
