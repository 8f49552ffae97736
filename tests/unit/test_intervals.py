"""Means with intervals, and differences image by image."""

import numpy as np
import pytest

from resnetcam.explain.intervals import mean_with_interval, means_beside_first

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
