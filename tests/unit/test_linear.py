"""The linear baseline learns what is linear and nothing else."""

import numpy as np
import pytest

from resnetcam.common import rows
from resnetcam.common.errors import DamagedFileError
from resnetcam.common.rows import Rows, StoredRows
from resnetcam.data.linear_baseline import (
    LinearClassifier,
    linear_baseline,
    read_classifier,
    write_classifier,
)


def images(size, seed):
    return np.random.default_rng(seed).integers(0, 256, (size, 4, 4, 3), np.uint8)


def test_a_linear_rule_is_learnt_without_error():
    x_train, x_test = images(600, 0), images(200, 1)
    labels = []
    for x in (x_train, x_test):
        y = np.arange(len(x), dtype=np.uint8) % 4
        x[np.arange(len(x)), y] //= 4  # the class's row is dark
        labels.append(y)
    _, found = linear_baseline(x_train, labels[0], x_test, labels[1], 4)
    assert found["accuracy"] == 1.0
    assert found["n"] == 200


def test_random_labels_give_chance():
    random = np.random.default_rng(2)
    y_train, y_test = random.integers(0, 4, 600, np.uint8), random.integers(0, 4, 800, np.uint8)
    _, found = linear_baseline(images(600, 3), y_train, images(800, 4), y_test, 4)
    assert found["accuracy"] == pytest.approx(0.25, abs=0.06)


def test_a_class_without_images_is_never_the_answer():
    x = images(100, 5)
    y = np.tile(np.array([0, 2], np.uint8), 50)
    _, found = linear_baseline(x, y, x, np.full(100, 1, np.uint8), 3)
    assert found["accuracy"] < 0.1


def test_the_penalty_is_chosen_on_held_out_training_images():
    """As many noisy pixels as images: hardly penalized, the fit follows the noise."""
    random, sets = np.random.default_rng(6), []
    for size in (213, 400):
        y = random.integers(0, 2, size, np.uint8)
        noise = random.normal(128, 20, (size, 8, 8, 3))
        sets += [(noise + np.where(y, 3, -3)[:, None, None, None]).astype(np.uint8), y]
    _, found = linear_baseline(*sets, 2)
    assert found["penalty"] >= 0.1
    assert found["accuracy"] > 0.9


def test_images_in_a_file_are_read_in_parts_and_give_the_same(tmp_path, monkeypatch):
    random = np.random.default_rng(7)
    y_train, y_test = random.integers(0, 3, 900, np.uint8), random.integers(0, 3, 300, np.uint8)
    x_train, x_test = images(900, 8), images(300, 9)
    x_train[np.arange(900), y_train, 0] //= 2
    x_test[np.arange(300), y_test, 0] //= 2
    _, at_once = linear_baseline(x_train, y_train, x_test, y_test, 3)
    assert 0.4 < at_once["accuracy"] < 0.95
    of_files = []
    for name, values in (("train", x_train), ("test", x_test)):
        (tmp_path / name).write_bytes(values.data)
        stored = StoredRows(tmp_path / name, values.shape, values.dtype)
        of_files.append(Rows(stored, np.arange(len(values))))
    for most in (2**24, 48 * 100):
        monkeypatch.setattr(rows, "_BYTES_AT_A_TIME", most)
        _, found = linear_baseline(of_files[0], y_train, of_files[1], y_test, 3)
        assert found == pytest.approx(at_once, abs=0.01)
        assert most < 2**24 or found == at_once


def test_a_stored_classifier_names_the_same_classes(tmp_path):
    random = np.random.default_rng(10)
    x, y = images(300, 11), random.integers(0, 3, 300, np.uint8)
    x[np.arange(300), y, 0] //= 2
    classifier, found = linear_baseline(x[:200], y[:200], x[200:], y[200:], 3)

    write_classifier(tmp_path / "baseline.h5", classifier)
    named = read_classifier(tmp_path / "baseline.h5").classes(x[200:])

    assert named.dtype == np.int64
    assert (named == y[200:]).mean() == found["accuracy"]
    flat = (x[200:].astype(float) - classifier.mean) / 255
    scores = flat.reshape(100, -1) @ classifier.weights[:-1] + classifier.weights[-1]
    assert (named == scores.argmax(1)).all()
    assert len(classifier.classes(x[:0])) == 0


def test_a_classifier_of_other_pixels_is_damaged(tmp_path):
    path = tmp_path / "baseline.h5"
    mean = np.zeros((4, 4, 3), np.float32)
    write_classifier(path, LinearClassifier(mean, np.zeros((48, 2), np.float32)))
    with pytest.raises(DamagedFileError, match="48 weights, but 48 pixels"):
        read_classifier(path)
