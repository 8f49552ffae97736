"""Images that look alike are found on both sides of a split; others are not taken for them."""

import io

import numpy as np
import pytest
from PIL import Image

from resnetcam.sources import shapes
from resnetcam.sources.twins import EQUAL, find_twins, perceptual_hashes


def pictures(count, side=32, seed=0):
    """Smooth random pictures, as photographs are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 6, 6, 3), np.uint8)
    sizes = (side, side)
    return np.array([np.asarray(Image.fromarray(one).resize(sizes)) for one in coarse])


def compressed(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def resized(image, side):
    small = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(small.resize(image.shape[:2], Image.Resampling.BICUBIC))


def twins(test, train):
    return find_twins(perceptual_hashes(test), perceptual_hashes(train), test, train)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: compressed(image, 50),
        lambda image: resized(image, 20),
        lambda image: compressed(resized(image, 24), 75),
        lambda image: np.clip(image.astype(int) + 12, 0, 255).astype(np.uint8),
    ],
    ids=["equal", "compressed", "resized", "both", "brighter"],
)
def test_a_planted_leak_is_found_and_nothing_else(change):
    train, test = pictures(300), pictures(60, seed=1)
    planted = {3: 7, 20: 200, 59: 299}
    for at, of in planted.items():
        test[at] = change(train[of])
    found = twins(test, train)
    assert {one.test: one.train for one in found} == planted
    assert all(one.correlation > 0.9 for one in found)


def test_where_all_images_look_alike_only_equal_ones_are_twins():
    train, test = pictures(300), pictures(60, seed=1)
    test[3], test[20] = train[7], compressed(train[200], 50)
    hashes = perceptual_hashes(test), perceptual_hashes(train)
    assert [tuple(one) for one in find_twins(*hashes, test, train, EQUAL)] == [(3, 7, 1.0)]


def test_equal_images_are_twins_however_plain_and_plain_ones_of_two_colours_are_not():
    plain = np.full((2, 32, 32, 3), [[[[10]]], [[[200]]]], np.uint8)
    assert [tuple(one) for one in twins(plain, plain)] == [(0, 0, 1.0), (1, 1, 1.0)]


def test_the_surest_come_first():
    train = pictures(2)
    test = np.array([compressed(train[0], 30), train[1]])
    assert [one.test for one in twins(test, train)] == [1, 0]


def test_grey_images_have_twins_too():
    images = pictures(3)[..., :1]
    assert len(twins(images, images)) == 3


def test_drawn_shapes_are_no_twins():
    images = shapes.draw(400, 100, 0).images
    assert twins(images.x_test, images.x_train) == []
