"""Which labels look wrong: by hand, against cleanlab's answer, and where there are none."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small_data import write_data

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.files import mismatch
from resnetcam.common.json_shapes import LABEL_CANDIDATES
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.files_of_images import train_files
from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.evaluation.label_candidates import read_sets, summary, write_candidates
from resnetcam.evaluation.labels import (
    class_thresholds,
    find_doubts,
    mean_probabilities,
    wrong_share,
    wrong_shares,
)
from resnetcam.evaluation.predictions import write_predictions
from resnetcam.sources.labelled_images import LabelledImages

CASE = json.loads((Path(__file__).parent / "confident_learning.json").read_text())
PROTOCOLS = ("holdout", "test_selected", "full")


def test_it_finds_what_cleanlab_finds():
    probabilities, labels = np.array(CASE["probabilities"]), np.array(CASE["labels"])
    np.testing.assert_allclose(class_thresholds(probabilities, labels), CASE["thresholds"])
    found = find_doubts(probabilities, labels)
    assert found.joint.tolist() == CASE["joint"]
    assert found.candidates.tolist() == CASE["issues"]
    assert len(CASE["issues"]) >= 10


def test_a_case_by_hand():
    """Thresholds are (0.9 + 0.8 + 0.1) / 3 = 0.6 and (0.7 + 0.5) / 2 = 0.6."""
    of_first = np.array([0.9, 0.8, 0.1, 0.3, 0.5])
    probabilities, labels = np.stack([of_first, 1 - of_first], 1), np.array([0, 0, 0, 1, 1])
    np.testing.assert_allclose(class_thresholds(probabilities, labels), [0.6, 0.6])
    joint, candidates, suggestions = find_doubts(probabilities, labels)
    assert joint.tolist() == [[2, 1], [0, 1]]  # the last image reaches no threshold
    assert (candidates.tolist(), suggestions.tolist()) == ([2], [1])
    assert wrong_shares(joint) == [pytest.approx(1 / 3), 0]
    assert wrong_share(joint, labels) == pytest.approx((3 * 1 / 3 + 2 * 0) / 5)


def test_of_several_confident_classes_the_likeliest_counts_and_the_surest_come_first():
    probabilities = np.array(
        [
            [0.8, 0.1, 0.1],
            [0.2, 0.5, 0.3],
            [0.1, 0.2, 0.7],
            [0.05, 0.5, 0.45],
            [0.05, 0.55, 0.4],
        ]
    )
    found = find_doubts(probabilities, np.array([0, 1, 2, 0, 0]))
    # Thresholds 0.3, 0.5 and 0.7: images 3 and 4 are taken for class 1, the second more surely.
    assert found.candidates.tolist() == [4, 3]
    assert found.suggestions.tolist() == [1, 1]
    # The likeliest class of image 0, 0.55, is below its threshold; class 2, above it, counts.
    probabilities = np.array([[0.05, 0.55, 0.4], [0.1, 0.9, 0.0], [0.3, 0.3, 0.4]])
    found = find_doubts(probabilities, np.array([0, 1, 2]))
    assert (found.candidates.tolist(), found.suggestions.tolist()) == ([0], [2])


def test_a_label_that_is_the_likeliest_is_not_doubted():
    """The second image reaches the threshold of class 1, 0.3, and not that of its label, 0.775."""
    probabilities = np.array([[0.95, 0.05], [0.6, 0.4], [0.7, 0.3]])
    joint, candidates, _ = find_doubts(probabilities, np.array([0, 0, 1]))
    assert joint.tolist() == [[1, 1], [0, 1]]
    assert candidates.tolist() == []


def test_the_mean_is_of_probabilities_not_of_logits():
    first, second = np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]]) + 7
    np.testing.assert_allclose(mean_probabilities([first, second]), [[0.7, 0.3]])
    np.testing.assert_allclose(mean_probabilities([first]), [[0.9, 0.1]])


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_equal_logits_doubt_nothing(classes):
    """Equal probabilities reach their mean, whichever way that was rounded."""
    labels = np.arange(31) % classes
    probabilities = mean_probabilities([np.zeros((31, classes), np.float32)] * 3)
    joint, candidates, _ = find_doubts(probabilities, labels)
    assert candidates.tolist() == []
    assert joint.sum() == 31


def test_a_label_as_likely_as_another_class_is_not_doubted_for_how_sums_are_rounded():
    tie = np.array([[0.3, 0.1 + 0.2, 0.4], [0.4, 0.6, 0], [0.6, 0.4, 0]])[:2, :2]
    assert tie[0, 0] < tie[0, 1]
    assert find_doubts(tie, np.array([0, 0])).candidates.tolist() == []
    labels, tie = np.array([0, 1]), np.array([[0.3, 0.1 + 0.2], [0.8, 0.2]])
    assert find_doubts(tie, labels).candidates.tolist() == [1]


def test_of_all_correct_images_none_and_of_all_wrong_ones_each_is_a_candidate():
    labels = np.arange(12) % 4
    sure = 0.05 + 0.8 * np.eye(4)
    joint, candidates, _ = find_doubts(sure[labels], labels)
    assert (candidates.tolist(), wrong_share(joint, labels)) == ([], 0)
    joint, candidates, suggestions = find_doubts(sure[(labels + 1) % 4], labels)
    assert candidates.tolist() == [*range(12)]
    assert suggestions.tolist() == ((labels + 1) % 4).tolist()
    assert wrong_shares(joint) == [1] * 4
    assert wrong_share(joint, labels) == 1


def test_one_image_is_never_doubted_and_an_absent_class_never_suggested():
    joint, candidates, _ = find_doubts(np.array([[0.3, 0.7]]), np.array([0]))
    assert candidates.tolist() == []
    assert joint.tolist() == [[1, 0], [0, 0]]
    assert wrong_shares(joint) == [0, None]
    probabilities = np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.5, 0.4]])
    found = find_doubts(probabilities, np.array([0, 0, 2]))
    assert 1 not in found.suggestions


def test_of_no_images_nothing_is_known():
    joint, candidates, _ = find_doubts(np.zeros((0, 3)), np.zeros(0, int))
    assert (candidates.tolist(), joint.sum()) == ([], 0)
    assert wrong_shares(joint) == [None] * 3
    assert wrong_share(joint, np.zeros(0, int)) is None


def logits_for(labels, wrong=()):
    """Sure logits, right but for the images at ``wrong``, whose next class is named."""
    shown = labels.astype(int)
    shown[list(wrong)] = (shown[list(wrong)] + 1) % 3
    return 6 * np.eye(3, dtype=np.float32)[shown]


@pytest.fixture
def experiment(tmp_path):
    """Returns a function: a small data set, and what the seeds of an experiment say of it.

    Each seed has the images at ``wrong`` (one list a seed) of the test set wrong, and the second
    held-out and training image.
    """
    data = DatasetReader(write_data(tmp_path / "data.h5"))

    def make(wrong, protocol="holdout"):
        split, labels, paths = data.split(protocol), data.array("y_train"), []
        for seed, places in enumerate(wrong, 1):
            paths.append(tmp_path / f"seed{seed}/predictions.h5")
            sets = {"test": (logits_for(data.array("y_test"), places), data.array("y_test"))}
            for name, index in (("validation", split.validation), ("training", split.train)):
                logits = logits_for(labels[index], [1] if len(index) else [])
                sets[name] = (logits, labels[index])
            write_predictions(paths[-1], sets)
        return data, read_sets(data, paths, protocol)

    return make


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_candidates_of_every_set_are_told_with_their_numbers(experiment, tmp_path):
    data, sets = experiment([[4], [4]])
    write_candidates(tmp_path / "c.csv", sets, data.class_names)
    split, labels = data.split("holdout"), data.array("y_train")
    expected = [("test", 4, data.array("y_test")[4])]
    for name, index in (("held_out", split.validation), ("training", split.train)):
        expected.append((name, index[1], labels[index[1]]))
    rows = rows_of(tmp_path / "c.csv")
    assert [(row["set"], int(row["image"])) for row in rows] == [one[:2] for one in expected]
    for row, (_, _, label) in zip(rows, expected, strict=True):
        assert (row["label"], row["file"]) == ("rgb"[label], "")
        assert row["suggested_class"] == "rgb"[(label + 1) % 3]
    p = 1 / (np.exp(6) + 2)
    found = [float(rows[0][f"probability_of_{name}"]) for name in ("label", "suggestion")]
    np.testing.assert_allclose(found, [p, 1 - 2 * p], rtol=1e-5)
    assert float(rows[0]["margin"]) == pytest.approx(1 - 3 * p, rel=1e-5)


def test_accuracies_are_each_seeds_with_and_without_the_candidates_of_all_seeds(experiment):
    """Image 4 is a candidate; image 3, which one seed alone has wrong, is as likely either way."""
    data, sets = experiment([[4, 3], [4]])
    content = summary(sets, data.class_names, [1, 7])
    assert mismatch(content, LABEL_CANDIDATES) is None
    assert content["seeds"] == [1, 7]
    assert content["accuracy"] == {"n": 10, "mean": pytest.approx(0.85), "seeds": [0.8, 0.9]}
    without = content["accuracy_without_candidates"]
    assert (without["n"], without["seeds"]) == (9, [pytest.approx(8 / 9), 1])
    test = content["sets"]["test"]
    assert (test["images"], test["candidates"]) == (10, 1)
    labels = data.array("y_test").tolist()
    assert [one["images"] for one in test["classes"]] == [labels.count(n) for n in range(3)]
    assert [one["candidates"] for one in test["classes"]] == [int(labels[4] == n) for n in range(3)]
    assert test["estimated_share"] == pytest.approx(0.1, abs=0.02)
    training = content["sets"]["training"]
    assert training["candidates"] == 1
    assert training["estimated_share"] is None, "its labels were learned"
    assert all(one["estimated_share"] is None for one in training["classes"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_without_held_out_images_there_are_two_sets(experiment, protocol):
    data, sets = experiment([[4]], protocol)
    names = [one.name for one in sets]
    assert names == ["test", *["held_out"] * (protocol == "holdout"), "training"]
    assert sum(len(one.labels) for one in sets[1:]) == 48
    assert len(summary(sets, data.class_names, [1])["sets"]) == len(sets)


def test_where_every_test_label_is_doubted_there_is_no_accuracy_without(experiment):
    data, sets = experiment([[*range(10)]])
    content = summary(sets, data.class_names, [1])
    assert content["sets"]["test"]["candidates"] == 10
    assert content["accuracy_without_candidates"] is None
    assert content["accuracy"]["mean"] == 0


def test_where_no_label_is_doubted_the_accuracy_stays(experiment, tmp_path):
    data, sets = experiment([[]])
    content = summary(sets, data.class_names, [1])
    assert content["accuracy_without_candidates"] == content["accuracy"]
    write_candidates(tmp_path / "c.csv", sets[:1], data.class_names)
    assert rows_of(tmp_path / "c.csv") == []


def test_predictions_of_other_images_are_refused(experiment, tmp_path):
    experiment([[4]], "full")
    data = DatasetReader(tmp_path / "data.h5")
    with pytest.raises(DamagedFileError, match=r"its validation images are not those of .*data.h5"):
        read_sets(data, [tmp_path / "seed1/predictions.h5"], "holdout")


def test_candidates_are_told_with_their_files_as_text(tmp_path):
    """Each by the number of its image, not by its place among those of its set."""
    labels = np.arange(12, dtype=np.uint8) % 3
    x = np.zeros((12, 8, 8, 3), np.uint8)
    arrays = (x, labels, x, labels, ("r", "g", "b"))
    splits = make_splits(LabelledImages(*arrays), 3, 0)
    held_out, train = splits["holdout"].validation, splits["holdout"].train
    assert train[8] != 8
    files = {"train": [f"a/{n}.png" for n in range(12)], "test": [f"b/{n}.png" for n in range(12)]}
    files["train"][train[8]], files["test"][4] = "=1+1\udcff.png", "b,c\r.png"
    images = LabelledImages(*arrays, tuple(files["train"]), tuple(files["test"]))
    write_dataset(tmp_path / "data.h5", images, splits)
    data = DatasetReader(tmp_path / "data.h5")
    assert train_files(data.path) == files["train"]

    said = {"test": (logits_for(labels, [4]), labels)}
    for name, index, wrong in (("validation", held_out, 2), ("training", train, 8)):
        said[name] = (logits_for(labels[index], [wrong]), labels[index])
    write_predictions(tmp_path / "p.h5", said)
    sets = read_sets(data, [tmp_path / "p.h5"], "holdout")
    write_candidates(tmp_path / "c.csv", sets, data.class_names)
    assert [(row["set"], row["file"]) for row in rows_of(tmp_path / "c.csv")] == [
        ("test", "b,c\r.png"),
        ("held_out", f"a/{held_out[2]}.png"),
        ("training", r"./=1+1\udcff.png"),
    ]
    assert train_files(write_data(tmp_path / "of_no_files.h5")) == []
