"""Logits of a classifier: the plain model's, fast, of any number of images."""

import csv
import json
import zipfile

import keras
import numpy as np
import pytest

from resnetcam.common.errors import DamagedFileError
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.predictions import metrics, write_confusions, write_mistakes
from resnetcam.evaluation.scoring import balanced_accuracy

pytestmark = pytest.mark.slow


@pytest.fixture
def classifier(trained_v1):
    """A trained network that a test may change."""
    model = keras.models.clone_model(trained_v1.model)
    model.set_weights(trained_v1.model.get_weights())
    return model


def plain_logits(model, images):
    """Layer by layer, as Keras itself computes them."""
    to_logits = keras.Model(model.inputs, model.get_layer("logits").output)
    return to_logits([images.astype(np.float32)], training=False).numpy()


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_logits_are_the_plain_models_for_any_number_of_images(classifier, trained_v1, kind):
    images = trained_v1.images.astype(kind)
    found = logits_function(classifier)(images)
    np.testing.assert_allclose(found, plain_logits(classifier, images), atol=1e-4)
    assert logits_function(classifier)(images[:0]).shape == (0, found.shape[1])


def test_later_changes_of_the_weights_are_seen(classifier, trained_v1):
    images = trained_v1.images[:5]
    predict = logits_function(classifier)
    before = predict(images)
    for variable in classifier.weights:
        variable.assign(variable * 1.1)
    assert abs(predict(images) - before).max() > 0.01
    np.testing.assert_allclose(predict(images), plain_logits(classifier, images), atol=1e-4)


def test_the_model_that_is_looked_at_stays_as_it_was(classifier):
    before = classifier.to_json()
    logits_function(classifier)
    assert classifier.to_json() == before


def test_where_nothing_is_chosen_no_epoch_is_the_best():
    logits, labels = np.eye(3, dtype=np.float32), np.array([0, 1, 1], np.uint8)
    found = metrics(logits, labels, [{"epoch": 1.0}, {"epoch": 2.0}], "full", "last")
    assert (found["selected_on"], found["selected_epoch"]) == ("nothing", 2)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["best"] is None
    assert found["last"] == {"epoch": 2, "val_accuracy": None, "val_loss": None}
    with pytest.raises(KeyError):
        metrics(logits, labels, [{"epoch": 1.0}], "full", "best")


@pytest.mark.parametrize("keep", [None, 0, 100, 0.5, 0.99])
def test_a_model_that_is_cut_off_is_named_with_what_makes_it_again(classifier, tmp_path, keep):
    path = tmp_path / "model.keras"
    classifier.save(path)
    content = path.read_bytes()
    path.unlink()
    if keep is not None:
        path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(
        DamagedFileError, match=rf"{path} (cannot be used: .*`rm {path}`, then|is gone)"
    ):
        load_classifier(path)


def test_another_model_is_named(tmp_path):
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "model.keras")
    with pytest.raises(DamagedFileError, match="No such layer: logits"):
        load_classifier(tmp_path / "model.keras")


def rewrite(path, change):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def without_config(members):
    members["config.json"] = b"{"


def without_weights(members):
    members["model.weights.h5"] = members["model.weights.h5"][:5000]


def with_code(members):
    """A layer that would run what it is given."""
    config = json.loads(members["config.json"])
    code = {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}}
    config["config"]["layers"][1] |= {
        "class_name": "Lambda",
        "config": {"name": "subtract_mean", "function": code},
    }
    members["config.json"] = json.dumps(config).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_config, "JSON"),
        (without_weights, "Error"),
        (with_code, "[Uu]nsafe|safe_mode|lambda"),
    ],
)
def test_a_model_with_a_damaged_part_or_with_code_in_it_is_refused(
    classifier, tmp_path, change, said
):
    path = tmp_path / "model.keras"
    classifier.save(path)
    rewrite(path, change)
    with pytest.raises(DamagedFileError, match=f"cannot be used: Keras cannot read it: .*({said})"):
        load_classifier(path)


def test_each_class_counts_alike_in_the_balanced_accuracy():
    labels = np.array([0] * 90 + [1] * 10, np.uint8)
    assert balanced_accuracy(labels, np.zeros(100, int)) == pytest.approx(0.5)
    predicted = np.array([0] * 90 + [1] * 5 + [2] * 5)
    assert balanced_accuracy(labels, predicted) == pytest.approx(0.75)
    # A class without an image has no recall; so has none of this one.
    assert balanced_accuracy(np.array([3, 3]), np.array([3, 0])) == pytest.approx(0.5)


def test_confusions_are_a_row_for_each_pair_the_most_frequent_first(tmp_path):
    counts = np.array([[2, 0, 6], [0, 0, 0], [1, 1, 1]])
    write_confusions(tmp_path / "c.csv", counts, ("=cat", "d,og", "ox"))
    with open(tmp_path / "c.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["true_class", "predicted_class", "images", "share"],
        ["=cat", "ox", "6", "0.75"],
        ["=cat", "=cat", "2", "0.25"],
        ["ox", "=cat", "1", "0.333333"],
        ["ox", "d,og", "1", "0.333333"],
        ["ox", "ox", "1", "0.333333"],
    ]


def test_mistakes_are_told_the_surest_first_with_their_files(tmp_path):
    logits = np.array([[1.0, 0], [2, 0], [0, 3], [5, 0]], np.float32)
    labels = np.array([0, 1, 0, 1])
    write_mistakes(tmp_path / "m.csv", logits, labels, ("cat", "d,og"), ("a", "b", "=c", "\udcff"))
    with open(tmp_path / "m.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["test_image", "file", "true_class", "predicted_class", "probability"]
    assert [row[:4] for row in rows] == [
        ["3", "\\udcff", "d,og", "cat"],
        ["2", "./=c", "cat", "d,og"],
        ["1", "b", "d,og", "cat"],
    ]
    assert float(rows[2][4]) == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)
