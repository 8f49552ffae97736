"""The built-in dataset: decided by its seed, hard for a line, with true outlines."""

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image, ImageDraw

from resnetcam.data.linear_baseline import linear_baseline
from resnetcam.sources import shapes


@pytest.fixture(scope="module")
def drawing():
    return shapes.draw(1500, 300, seed=0)


def mask(outline, scale=8):
    """Pixels (32, 32) covered by an outline, as shares."""
    canvas = Image.new("L", (32 * scale,) * 2)
    ImageDraw.Draw(canvas).polygon([tuple(point) for point in outline * scale], fill=255)
    return np.asarray(canvas.reduce(scale)) / 255


def test_images_are_decided_by_seed_and_number_alone():
    few, many = shapes.draw(5, 3, seed=3), shapes.draw(12, 1, seed=3)
    other = shapes.draw(8, 1, seed=4).images.x_train
    first, second = few.images, many.images
    together = np.concatenate([first.x_train, first.x_test])
    np.testing.assert_array_equal(together, second.x_train[:8])
    labels = np.concatenate([first.y_train, first.y_test])
    np.testing.assert_array_equal(labels, second.y_train[:8])
    assert (together != other).any((1, 2, 3)).all()


def test_images_are_in_cifars_layout(drawing):
    images = drawing.images
    for x, y, size in (
        (images.x_train, images.y_train, 1500),
        (images.x_test, images.y_test, 300),
    ):
        assert (x.shape, x.dtype) == ((size, 32, 32, 3), np.uint8)
        assert (y.shape, y.dtype) == ((size,), np.uint8)
    assert len(drawing.test_outlines) == 300
    assert len(images.class_names) == len(set(images.class_names)) == 10


def test_all_classes_are_there_about_equally_often(drawing):
    counts = np.bincount(drawing.images.y_train, minlength=10)
    assert len(counts) == 10
    assert counts.min() > 100
    assert counts.max() < 200


def test_no_two_images_are_alike(drawing):
    assert len({image.tobytes() for image in drawing.images.x_train}) == 1500


def test_outlines_enclose_what_was_painted_and_the_object_fills_them(monkeypatch):
    """Draw the same images without their objects: only pixels inside the outline differ."""
    paint = shapes._paint

    def without_objects(canvas, outline, color, hole=None):
        is_object = np.ndim(color) == 3  # only objects are shaded
        return canvas if is_object else paint(canvas, outline, color, hole)

    with_objects = shapes.draw(0, 120, seed=5)
    monkeypatch.setattr(shapes, "_paint", without_objects)
    bare = shapes.draw(0, 120, seed=5).images.x_test
    images, labels, names = (
        with_objects.images.x_test,
        with_objects.images.y_test,
        with_objects.images.class_names,
    )
    changed = np.abs(images.astype(int) - bare).max(-1) > 0
    clear = 0
    for outline, differs, label in zip(with_objects.test_outlines, changed, labels, strict=True):
        covered = mask(outline)
        assert differs.sum() > 10
        assert not differs[~scipy.ndimage.binary_dilation(covered > 0)].any()
        assert differs[covered == 1].mean() > 0.9, names[label]
        clear += (differs == (covered > 0)).mean()
    assert clear / 120 > 0.93


def test_outlines_lie_inside_the_image_mostly(drawing):
    shares = []
    for outline in drawing.test_outlines:
        x, y = outline.T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        shares.append(mask(outline).sum() / area)
        assert area > 40
    assert np.mean(shares) > 0.95
    assert np.min(shares) > 0.7
    assert np.max(shares) < 1.15


def test_objects_stand_anywhere(drawing):
    centres = np.array([outline.mean(0) for outline in drawing.test_outlines])
    assert (centres.std(0) > 4).all()
    assert centres.mean(0) == pytest.approx([16, 16], abs=1)


def test_the_middle_is_on_the_object_more_often_than_chance(drawing):
    """So a map that points there is a baseline to beat here too."""
    masks = np.stack([mask(outline, 1) for outline in drawing.test_outlines])
    assert masks[:, 15:17, 15:17].mean() > 3 * masks.mean()


def test_a_linear_classifier_is_near_chance(drawing):
    images = drawing.images
    x_train, x_test = images.x_train[:, ::2, ::2], images.x_test[:, ::2, ::2]  # for speed
    _, found = linear_baseline(x_train, images.y_train, x_test, images.y_test, 10)
    assert 0.04 < found["accuracy"] < 0.22
