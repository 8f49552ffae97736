"""Some of many images, at random."""

import numpy as np
import pytest

from resnetcam.common.sample import sample


def test_a_larger_sample_holds_the_smaller_ones_and_both_are_sorted():
    few, many = sample(1000, 20), sample(1000, 100)
    assert (len(few), len(many)) == (20, 100)
    assert set(few) < set(many) < set(range(1000))
    assert list(many) == sorted(many)
    np.testing.assert_array_equal(sample(1000, 20), few)


@pytest.mark.parametrize("count", [7, 8, 1000])
def test_of_fewer_images_than_asked_all_are_taken(count):
    assert sample(7, count).tolist() == list(range(7))


def test_images_in_the_order_of_their_classes_are_sampled_from_every_class():
    counts = np.bincount(sample(2000, 200) // 200, minlength=10)
    assert counts.min() >= 10 and counts.max() <= 32  # 20 are expected, with a deviation of 4
