"""Augmentation on the device against SciPy and NumPy on the host."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf
from PIL import Image

from resnetcam.recipe.augmentation import (
    affine,
    augment,
    build_prepare,
    erase,
    shift_and_flip,
    shrink,
)

HEIGHT, WIDTH = 12, 20
# Positions are float32 up to 20, so off by about 2e-6 of a pixel; neighbours differ by up to 1.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((6, HEIGHT, WIDTH, 3), np.float32)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(1).integers(0, 256, (6, HEIGHT, WIDTH, 3), np.uint8)


def reference_affine(image, angle, shift, row_zoom, column_zoom):
    """As Keras 2's ImageDataGenerator does it: R·T·Z about the centre, bilinear, nearest fill."""
    rotation = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    translation = np.array([[1, 0, 0], [0, 1, shift], [0, 0, 1]])
    matrix = rotation @ translation @ np.diag([row_zoom, column_zoom, 1])
    row, column = (HEIGHT - 1) / 2, (WIDTH - 1) / 2
    to_centre = np.array([[1, 0, row], [0, 1, column], [0, 0, 1]])
    matrix = to_centre @ matrix @ np.linalg.inv(to_centre)
    return np.stack(
        [
            scipy.ndimage.affine_transform(
                channel, matrix[:2, :2], matrix[:2, 2], order=1, mode="nearest"
            )
            for channel in np.moveaxis(image.astype(np.float64), -1, 0)
        ],
        axis=-1,
    )


PARAMETERS = np.array(
    [
        [0, 0, 1, 1],
        [np.deg2rad(10), 0, 1, 1],
        [0, 1.7, 1, 1],
        [0, 0, 0.9, 1.1],
        [np.deg2rad(-7), -2, 1.08, 0.93],
        [np.deg2rad(33), 3.1, 0.7, 1.4],
    ],
    np.float32,
)


def test_the_affine_map_equals_scipys_with_kerass_matrix(images):
    found = affine(images, PARAMETERS).numpy()
    for image, parameters, result in zip(images, PARAMETERS, found, strict=True):
        np.testing.assert_allclose(result, reference_affine(image, *parameters), atol=TOLERANCE)


def test_a_shift_of_whole_pixels_moves_columns_and_repeats_the_edge(images):
    parameters = np.tile(np.float32([0, 2, 1, 1]), (len(images), 1))
    expected = np.concatenate([images[:, :, 2:], images[:, :, -1:], images[:, :, -1:]], 2)
    np.testing.assert_array_equal(affine(images, parameters), expected)


OFFSETS = np.array([[0, 0], [4, -4], [-4, 4], [1, 3], [-2, -1], [0, 4]], np.int32)
FLIPS = np.array([False, True, False, True, True, False])


def reference_crop(images):
    padded = np.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)), "reflect")
    return np.stack(
        [
            image[4 + row : 4 + row + HEIGHT, 4 + column : 4 + column + WIDTH]
            for image, (row, column) in zip(padded, OFFSETS, strict=True)
        ]
    )


def reference_flip(images):
    return np.where(FLIPS[:, None, None, None], images[:, :, ::-1], images)


@pytest.mark.parametrize(
    ("offsets", "flips", "reference"),
    [
        (OFFSETS, None, reference_crop),
        (None, FLIPS, reference_flip),
        (OFFSETS, FLIPS, lambda images: reference_flip(reference_crop(images))),
    ],
    ids=["crop", "flip", "crop, then flip"],
)
def test_crop_and_flip_equal_numpys_padding_and_mirroring(pixels, offsets, flips, reference):
    found = shift_and_flip(pixels, offsets, flips).numpy()
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, reference(pixels))


BOXES = np.array(
    [[0, 0, 0, 0], [0, 0, 12, 20], [3, 5, 2, 4], [11, 19, 1, 1], [2, 0, 0, 7], [0, 8, 5, 12]],
    np.int32,
)
VALUES = np.array([0.9, 0.0, 0.25, 1.0, 0.5, 0.75], np.float32)


def reference_erase(images):
    expected = images.copy()
    for image, (top, left, height, width), value in zip(expected, BOXES, VALUES, strict=True):
        image[top : top + height, left : left + width] = value
    return expected


def test_the_eraser_fills_its_box_in_all_channels_and_nothing_else(images):
    np.testing.assert_array_equal(erase(images, BOXES, VALUES), reference_erase(images))


DRAWS = {
    "affine": PARAMETERS,
    "crop": OFFSETS,
    "flip": FLIPS,
    "erase": BOXES,
    "erase_value": VALUES,
}


def test_the_order_is_affine_crop_flip_erase(images):
    expected = np.stack([reference_affine(i, *p) for i, p in zip(images, PARAMETERS, strict=True)])
    expected = reference_erase(reference_flip(reference_crop(expected)))
    np.testing.assert_allclose(augment(images, DRAWS), expected, atol=TOLERANCE)


def test_a_compiled_augmentation_equals_the_eager_one(pixels):
    prepare = build_prepare("before", np.float32(0.4) * np.ones((12, 20, 3)))
    eager = prepare(pixels, DRAWS).numpy()
    compiled = tf.function(prepare)(tf.constant(pixels), DRAWS).numpy()
    np.testing.assert_allclose(compiled, eager, atol=TOLERANCE)


def test_the_mean_image_is_moved_along_when_subtracted_before_and_stays_when_after(pixels):
    mean = np.random.default_rng(2).random((HEIGHT, WIDTH, 3), np.float32)
    scaled = pixels.astype(np.float32) / np.float32(255)
    draws = {"crop": OFFSETS, "flip": FLIPS}
    for when, expected in (
        ("before", reference_flip(reference_crop(scaled - mean))),
        ("after", reference_flip(reference_crop(scaled)) - mean),
    ):
        found = build_prepare(when, mean)(pixels, draws).numpy()
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


def test_what_the_published_recipe_erases_holds_the_value_itself(pixels):
    mean = np.full((HEIGHT, WIDTH, 3), 0.3, np.float32)
    found = build_prepare("before", mean)(pixels, {"erase": BOXES, "erase_value": VALUES})
    assert (found.numpy()[2, 3:5, 5:9] == np.float32(0.25)).all()


def reference_shrink(images, side):
    """Pillow's, channel by channel in float32; its bilinear filter widens as images shrink."""
    planes = np.moveaxis(np.float32(images), -1, 1).reshape(-1, HEIGHT, WIDTH)
    small = [Image.fromarray(p).resize((side, side), Image.Resampling.BILINEAR) for p in planes]
    return np.moveaxis(np.stack(small).reshape(len(images), 3, side, side), 1, -1)


@pytest.mark.parametrize("side", [12, 11, 9, 6, 5])
def test_shrunk_images_equal_pillows(images, side):
    found = shrink(images, side).numpy()
    np.testing.assert_allclose(found, reference_shrink(images, side), atol=TOLERANCE)


def test_images_are_shrunk_after_all_else_and_only_if_that_is_asked_for(pixels):
    mean = np.random.default_rng(2).random((HEIGHT, WIDTH, 3), np.float32)
    for when in ("before", "after"):
        prepare = build_prepare(when, mean)
        whole = prepare(pixels, DRAWS).numpy()
        assert whole.shape == pixels.shape
        found = prepare(pixels, DRAWS, 7).numpy()
        np.testing.assert_allclose(found, reference_shrink(whole, 7), atol=TOLERANCE)
