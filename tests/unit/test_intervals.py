"""Means with intervals, and differences image by image."""

import numpy as np
import pytest
from scipy import stats

from resnetcam.explain.intervals import (
    mean_of_shares,
    mean_with_interval,
    means_beside_first,
    share_with_interval,
)

N = 2000
EASE = np.random.default_rng(0).random(N)
NOISE = np.random.default_rng(1).normal(0, 0.02, N)


def test_an_interval_has_the_width_that_theory_gives_it():
    found = mean_with_interval(EASE)

    assert found["mean"] == pytest.approx(EASE.mean())
    expected = 2 * 1.96 * EASE.std() / np.sqrt(N)
    assert found["high"] - found["low"] == pytest.approx(expected, rel=0.1)


def test_images_are_compared_with_themselves():
    """Both vary by image far more than they differ; the differences hardly vary."""
    first, other = {"score": EASE}, {"score": EASE + 0.005 + NOISE}

    alone, beside = means_beside_first(first, {}), means_beside_first(other, first)

    assert "minus_first" not in alone["score"]
    assert beside["score"]["low"] < alone["score"]["high"], "separate intervals overlap"
    found = beside["score"]["minus_first"]
    assert found["mean"] == pytest.approx(0.005 + NOISE.mean())
    assert 0 < found["low"] < found["mean"] < found["high"] < 0.008


def test_what_is_equal_differs_by_exactly_nothing():
    found = means_beside_first({"score": EASE}, {"score": EASE})

    assert found["score"]["minus_first"] == {"mean": 0, "low": 0, "high": 0}


def test_a_mean_has_students_interval():
    found = mean_with_interval(EASE[:12])

    expected = stats.ttest_1samp(EASE[:12], 0).confidence_interval(0.95)
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))


def test_a_share_has_wilsons_interval():
    found = share_with_interval(np.array([1.0] * 17 + [0.0] * 3))

    expected = stats.binomtest(17, 20).proportion_ci(0.95, method="wilson")
    assert found["mean"] == pytest.approx(0.85)
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))


def test_twenty_hits_of_twenty_are_not_certain():
    found = share_with_interval(np.ones(20))

    assert found["high"] == pytest.approx(1)
    assert found["low"] == pytest.approx(0.839, abs=1e-3)  # 20 / (20 + 1.96²)


def test_shares_of_each_image_stay_in_their_range_and_are_not_certain_if_all_are_alike():
    apart = mean_of_shares(np.array([0.0, 0.5]))
    assert (apart["mean"], apart["low"], apart["high"]) == (0.25, 0, 1)
    values = np.array([0.2, 0.4, 0.6, 0.4])
    assert mean_of_shares(values) == mean_with_interval(values)
    assert mean_of_shares(np.ones(20)) == share_with_interval(np.ones(20))


def test_a_single_image_says_nothing():
    assert mean_with_interval(np.array([0.4])) == {"mean": 0.4, "low": -1, "high": 1}


def test_hits_are_compared_by_bonett_and_price():
    """By hand: 10 pairs, of which 3 are hit by the first alone and none by the other alone."""
    first = np.array([1.0] * 8 + [0.0] * 2)
    other = np.array([0.0] * 3 + [1.0] * 5 + [0.0] * 2)

    beside = means_beside_first({"hit": other}, {"hit": first}, shares=["hit"])

    p10, p01 = 1 / 12, 4 / 12
    half = 1.959964 * np.sqrt((p10 + p01 - (p10 - p01) ** 2) / 12)
    found = beside["hit"]["minus_first"]
    assert found["mean"] == pytest.approx(-0.3)
    assert found["low"] == pytest.approx(p10 - p01 - half)
    assert found["high"] == pytest.approx(p10 - p01 + half)
    assert beside["hit"]["low"] == pytest.approx(share_with_interval(other)["low"])


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda random, n: random.beta(0.5, 2, n), 0.2),
        (lambda random, n: random.normal(0, 0.1, n), 0.0),
        (lambda random, n: np.where(random.random(n) < 0.2, 0.3, 0.0), 0.06),
    ],
)
@pytest.mark.parametrize("n", [20, 100])
def test_intervals_hold_the_mean_about_as_often_as_they_say(draw, mean, n):
    """As often as they can of few skewed values; percentiles of a bootstrap do it more rarely."""
    random = np.random.default_rng(0)
    found = [mean_with_interval(draw(random, n)) for _ in range(2000)]

    covered = np.mean([one["low"] <= mean <= one["high"] for one in found])

    assert 0.89 < covered < 0.97
