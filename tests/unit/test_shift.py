"""How a network does on corrupted images and on other sets: numbers computed by hand."""

import csv

import numpy as np
import pytest

from resnetcam.common.errors import DamagedFileError
from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import SHIFT, TEST_SETS
from resnetcam.evaluation.intervals import newcombe_interval, wilson_interval
from resnetcam.shift import measuring
from resnetcam.shift.corruptions import corrupted
from resnetcam.shift.examples import SHOWN, read_example, write_example
from resnetcam.shift.measuring import ask, example
from resnetcam.shift.scoring import (
    Answers,
    corruption_error,
    scores_of_corruptions,
    scores_of_test_set,
    write_scores,
)
from resnetcam.shift.strengths import KINDS, STRENGTHS

LABELS = np.array([0, 1, 2, 0])


def answers(*right, linear=(True, False, False, False), sure=3.0):
    """What is said of four images of three classes: which are right, and how sure it is."""
    named = np.where(right, LABELS, (LABELS + 1) % 3)
    logits = sure * np.eye(3, dtype=np.float32)[named]
    return Answers(logits, np.where(linear, LABELS, (LABELS + 1) % 3))


def everywhere(one):
    return {kind: [one] * 5 for kind in KINDS}


def test_means_and_errors_are_those_of_a_hand():
    perfect, half = answers(1, 1, 1, 1), answers(1, 0, 1, 0, linear=(0, 1, 0, 0))
    states = everywhere(perfect)
    states["fog"] = [perfect, perfect, half, half, half]

    found = scores_of_corruptions(perfect, states, LABELS, None)

    assert found["n"] == 4
    assert found["clean"]["accuracy"] == 1
    assert found["kinds"]["fog"]["accuracy"] == pytest.approx(0.7)
    assert found["kinds"]["fog"]["group"] == "weather"
    assert found["kinds"]["fog"]["corruption_error"] == pytest.approx(1.5 / 3.75)
    assert found["kinds"]["snow"]["corruption_error"] == 0
    assert found["mean_corruption_error"] == pytest.approx(1.5 / 3.75 / 14)
    assert found["accuracy"]["mean"] == pytest.approx((13 + 0.7) / 14)
    assert found["drop"]["mean"] == pytest.approx(0.3 / 14)
    assert found["drop"]["low"] <= found["drop"]["mean"] <= found["drop"]["high"]
    assert found["linear_accuracy"] == 0.25
    row = found["kinds"]["fog"]["strengths"][2]
    assert (row["low"], row["high"]) == wilson_interval(0.5, 4)
    assert row["linear_accuracy"] == 0.25
    # Sure by e^3 : 1 : 1, and right in two of four.
    sure = np.exp(3) / (np.exp(3) + 2)
    assert row["ece"] == pytest.approx(sure - 0.5)
    assert row["nll"] == pytest.approx(-(np.log(sure) + np.log((1 - sure) / 2)) / 2)
    assert row["calibrated_nll"] is row["calibrated_ece"] is None


def test_a_temperature_is_what_logits_are_divided_by():
    half = answers(1, 0, 1, 0)
    found = scores_of_corruptions(half, everywhere(half), LABELS, 3.0)
    plain = scores_of_corruptions(answers(1, 0, 1, 0, sure=1.0), everywhere(half), LABELS, None)
    for name in ("nll", "ece"):
        assert found["clean"][f"calibrated_{name}"] == pytest.approx(plain["clean"][name])
        assert found["clean"][name] != pytest.approx(found["clean"][f"calibrated_{name}"])
        assert found["kinds"]["snow"]["strengths"][0][f"calibrated_{name}"] is not None


def test_what_is_as_bad_as_the_baseline_has_a_corruption_error_of_one():
    right = (1, 0, 0, 1)
    same = answers(*right, linear=right)
    found = scores_of_corruptions(same, everywhere(same), LABELS, None)
    assert found["mean_corruption_error"] == 1
    assert found["drop"] == {"mean": 0, "low": 0, "high": 0}
    assert corruption_error([0.5, 0.1], [0.25, 0.05]) == pytest.approx(2)


def test_beside_a_baseline_without_mistakes_there_is_no_corruption_error():
    faultless = answers(1, 0, 1, 1, linear=(1, 1, 1, 1))
    states = everywhere(answers(1, 0, 1, 1))
    states["contrast"] = [faultless] * 5
    found = scores_of_corruptions(faultless, states, LABELS, None)
    assert found["kinds"]["contrast"]["corruption_error"] is None
    assert found["kinds"]["fog"]["corruption_error"] == pytest.approx(0.25 / 0.75)
    assert found["mean_corruption_error"] is None


def test_one_image_and_equal_logits_have_scores(tmp_path):
    flat = Answers(np.zeros((1, 3), np.float32), np.array([2]))
    found = scores_of_corruptions(flat, everywhere(flat), np.array([0]), 2.0)
    # Of equal logits the first class counts.
    assert found["clean"]["accuracy"] == found["accuracy"]["mean"] == 1
    # All images alike say nothing of how much they vary: Wilson's interval.
    assert found["accuracy"] == {
        "mean": 1,
        "low": pytest.approx(1 / (1 + 1.96**2), 1e-4),
        "high": 1,
    }
    assert found["clean"]["nll"] == found["clean"]["calibrated_nll"] == pytest.approx(np.log(3))
    write_json(tmp_path / "shift.json", found)
    assert read_json(tmp_path / "shift.json", SHIFT)["mean_corruption_error"] == 0


def test_the_table_has_a_row_for_each_kind_and_strength(tmp_path):
    half = answers(1, 0, 1, 0)
    found = scores_of_corruptions(half, everywhere(half), LABELS, None)
    write_scores(tmp_path / "shift.csv", found)
    rows = list(csv.DictReader((tmp_path / "shift.csv").open()))
    assert len(rows) == 70
    assert [(row["kind"], row["strength"]) for row in rows[4:6]] == [
        ("gaussian_noise", "5"),
        ("shot_noise", "1"),
    ]
    assert rows[0]["accuracy"] == "0.5"
    assert rows[0]["images"] == "4"
    assert rows[0]["group"] == "noise"
    assert rows[0]["linear_accuracy"] == "0.25"
    assert rows[0]["calibrated_ece"] == ""
    assert list(rows[0]) == [
        *("kind", "group", "strength", "images", "accuracy", "low", "high"),
        *("nll", "ece", "calibrated_nll", "calibrated_ece", "linear_accuracy"),
    ]


def test_a_further_set_is_compared_as_independent_images(tmp_path):
    labels, own = np.array([0, 0, 0, 2]), np.array([0, 1, 2, 0, 1])
    logits = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    own_logits = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 2]]
    found = scores_of_test_set(logits, labels, own_logits, own, 2.0)
    assert found["n"] == 4
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["absent"] == [1]
    low, high = newcombe_interval(0.75, 4, 0.8, 5)
    assert found["difference"] == pytest.approx({"mean": -0.05, "low": low, "high": high})
    assert found["calibrated_nll"] != found["nll"]
    write_json(tmp_path / "test_sets.json", {"v6": found | {"unreadable": 0}})
    assert read_json(tmp_path / "test_sets.json", TEST_SETS)["v6"]["n"] == 4


def test_newcombes_interval_against_published_values():
    # Newcombe 1998 (Statistics in Medicine 17, 873), table II, method 10, cases (a), (c), (e), (h).
    for (one, n, other, m), expected in {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (6, 7, 2, 7): (0.0582, 0.8062),
        (0, 10, 0, 20): (-0.1611, 0.2775),
        (10, 10, 0, 10): (0.6075, 1.0),
    }.items():
        assert newcombe_interval(one / n, n, other / m, m) == pytest.approx(expected, abs=6e-5)


def brightness_and_texture(images):
    """A network of two classes that goes by brightness: dark, bright."""
    mean = images.astype(np.float32).mean((1, 2, 3)) - 127.5
    return np.stack([-mean, mean], 1) / 10


def nothing(images):
    return np.zeros(len(images), int)


@pytest.mark.parametrize("values", [2**22, 700])
def test_images_are_asked_about_part_by_part_and_each_stays_itself(monkeypatch, values):
    """In parts of two of 16 x 16 pixels, or all at once."""
    monkeypatch.setattr(measuring, "_VALUES", values)
    images = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), np.uint8)
    sizes = []

    def network(pictures):
        sizes.append(len(pictures))
        return brightness_and_texture(pictures)

    clean, by_kind = ask(images, range(len(images)), network, nothing)

    assert sorted(set(sizes)) == ([5] if values > 700 else [1, 2])
    assert (clean.logits == brightness_and_texture(images)).all()
    assert list(by_kind) == list(KINDS)
    for kind in ("gaussian_noise", "fog", "pixelate"):
        for strength in STRENGTHS:
            expected = brightness_and_texture(corrupted(kind, images, strength))
            assert (by_kind[kind][strength - 1].logits == expected).all()
            assert len(by_kind[kind][strength - 1].linear) == 5


def test_the_example_is_the_first_image_that_is_recognised(tmp_path):
    images = np.random.default_rng(0).integers(0, 100, (3, 16, 16, 3), np.uint8)
    labels = np.array([1, 0, 0])  # all are dark, and named 0
    numbers = [7, 9, 12]
    found = ask(images, numbers, brightness_and_texture, nothing)

    kept = example(images, numbers, labels, *found)

    assert (kept.number, kept.label) == (9, 0)
    assert (kept.image == images[1]).all()
    place = list(KINDS).index("brightness"), SHOWN.index(5)
    assert (kept.corrupted[place] == corrupted("brightness", images, 5, numbers)[1]).all()
    assert kept.predicted[place] == found[1]["brightness"][4].logits[1].argmax()
    assert example(images, numbers, np.ones(3, int), *found).number == 7

    write_example(tmp_path / "shift.h5", kept)
    again = read_example(tmp_path / "shift.h5")
    assert all(np.array_equal(one, other) for one, other in zip(again, kept, strict=True))
    write_example(tmp_path / "shift.h5", kept._replace(corrupted=kept.corrupted[1:]))
    with pytest.raises(DamagedFileError, match="is no image for each kind and strength"):
        read_example(tmp_path / "shift.h5")
