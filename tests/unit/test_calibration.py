"""How sure a network is, against closed forms, SciPy, and networks of known miscalibration."""

import csv

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import chi2

from resnetcam.common.errors import DamagedFileError
from resnetcam.evaluation.calibration import (
    BINS,
    TEMPERATURES,
    area_under_risk,
    equal_numbers,
    equal_widths,
    fitted_temperature,
    risk_by_coverage,
    scores,
)
from resnetcam.evaluation.classes import (
    read_scores_of_classes,
    scores_of_classes,
    write_scores_of_classes,
)
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.evaluation.predictions import metrics
from resnetcam.evaluation.scoring import top_k_accuracy

HISTORY = [{"epoch": 1.0, "val_accuracy": 0.5, "val_loss": 1.0}]


def drawn_from(logits, seed=0):
    """Labels that the probabilities of logits are right about: a calibrated network."""
    random = np.random.default_rng(seed)
    cumulated = softmax(logits.astype(np.float64), axis=1).cumsum(1)
    return (random.random((len(logits), 1)) > cumulated[:, :-1]).sum(1)


@pytest.fixture(scope="module")
def calibrated():
    logits = np.random.default_rng(1).normal(0, 2, (40_000, 5)).astype(np.float32)
    return logits, drawn_from(logits)


def test_proper_scores_against_their_definitions(calibrated):
    logits, labels = calibrated
    found = scores(logits, labels)
    one_hot = np.eye(5)[labels]
    assert found["nll"] == pytest.approx(
        -(log_softmax(logits.astype(float), 1) * one_hot).sum(1).mean()
    )
    squares = (softmax(logits.astype(float), axis=1) - one_hot) ** 2
    assert found["brier"] == pytest.approx(squares.sum(1).mean())


def test_a_calibrated_network_has_next_to_no_error_and_a_temperature_of_one(calibrated):
    found = scores(*calibrated)
    assert found["ece"] < 0.01
    assert found["ace"] < 0.01
    found = fitted_temperature(*calibrated)
    assert found.value == pytest.approx(1, abs=0.02)
    assert found.low < 1 < found.high


@pytest.mark.parametrize("factor", [0.4, 3.0])
def test_a_known_miscalibration_is_found_and_undone(calibrated, factor):
    logits, labels = calibrated
    wrong = logits * np.float32(factor)
    temperature, low, high = fitted_temperature(wrong, labels)
    assert temperature == pytest.approx(factor, rel=0.02)
    assert low < temperature < high and (low > 1 or high < 1)
    before, after = scores(wrong, labels), scores(wrong, labels, temperature)
    assert before["ece"] > 0.1
    assert after["ece"] < 0.01
    assert after["nll"] < before["nll"]
    assert after["brier"] < before["brier"]


def test_the_temperature_is_where_scipy_finds_it():
    random = np.random.default_rng(2)
    logits = random.normal(0, 3, (500, 4))
    labels = (logits / 2 + random.gumbel(size=logits.shape)).argmax(1)

    def nll(log_temperature):
        return scores(logits, labels, float(np.exp(log_temperature)))["nll"]

    found = minimize_scalar(
        nll, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-9}
    )
    temperature = fitted_temperature(logits, labels)
    assert temperature.value == pytest.approx(np.exp(found.x), rel=1e-4)
    for end in (temperature.low, temperature.high):
        assert 2 * 500 * (nll(np.log(end)) - found.fun) == pytest.approx(
            chi2.ppf(0.95, 1), rel=1e-3
        )


def test_a_temperatures_interval_covers_one_as_often_as_it_says():
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        logits = random.normal(0, 2.5, (300, 5))
        noise = random.gumbel(size=logits.shape)
        found = fitted_temperature(logits, (logits + noise).argmax(1))
        inside += found.low <= 1 <= found.high
    assert 182 <= inside <= 198  # of 200


def test_where_no_temperature_fits_there_is_none():
    right = np.array([[3.0, 0], [0, 2]])
    assert fitted_temperature(right, np.array([0, 1])) is None
    assert fitted_temperature(right, np.array([1, 0])) is None
    assert fitted_temperature(np.zeros((3, 2)), np.array([0, 1, 1])) == (1, *TEMPERATURES)


def test_bins_of_a_hand_computed_case():
    confidence = np.array([0.5, 0.52, 0.9, 0.95, 1.0])
    right = np.array([True, False, True, True, False])
    # Edges at multiples of 1/15: 0.4667, 0.5333, 0.8667, 0.9333, 1.
    assert [one.n for one in equal_widths(confidence, right)] == [2, 1, 2]
    first, middle, last = equal_widths(confidence, right)
    assert first == pytest.approx((0.51, 0.5, 2))
    assert middle == pytest.approx((0.9, 1.0, 1))
    assert last == pytest.approx((0.975, 0.5, 2))
    assert [one.n for one in equal_numbers(confidence, right)] == [1] * 5
    many = np.linspace(0, 1, 100)
    assert [one.n for one in equal_numbers(many, many > 0.5)] == [7] * 10 + [6] * 5
    assert BINS == 15


def test_expected_calibration_error_of_a_hand_computed_case():
    p = np.array([[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
    found = scores(np.log(p), np.array([0, 0, 1, 1]))
    assert found["ece"] == pytest.approx(3 / 4 * abs(2 / 3 - 0.8) + 1 / 4 * 0.6)


@pytest.mark.parametrize(
    ("logits", "labels", "expected"),
    [
        ([[9.0, 0]], [0], {"ece": 1.234e-4, "ace": 1.234e-4}),  # one image, right
        ([[1000.0, 0]], [1], {"nll": 1000.0, "brier": 2.0, "ece": 1.0}),  # one image, surely wrong
        ([[0.0, 0], [0, 0]], [0, 1], {"nll": np.log(2), "brier": 0.5, "ece": 0.0}),  # no opinion
    ],
)
def test_degenerate_cases(logits, labels, expected):
    found = scores(np.array(logits), np.array(labels))
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-3)


# Risk against coverage.


def test_risk_by_coverage_of_a_hand_computed_case():
    logits = np.array([[5.0, 0], [4, 0], [3, 0], [2, 0]])
    labels = np.array([0, 1, 0, 1])
    np.testing.assert_allclose(risk_by_coverage(logits, labels), [0, 1 / 2, 1 / 3, 1 / 2])
    assert area_under_risk(logits, labels) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equal_confidences_count_as_their_mean_in_any_order():
    logits = np.array([[1.0, 0]] * 4)
    labels = np.array([0, 0, 1, 1])
    for order in ([0, 1, 2, 3], [2, 3, 0, 1]):
        np.testing.assert_allclose(risk_by_coverage(logits[order], labels[order]), [0.5] * 4)


def test_all_right_and_all_wrong():
    logits = np.array([[1.0, 0], [2, 0]])
    assert area_under_risk(logits, np.array([0, 0])) == 0
    assert area_under_risk(logits, np.array([1, 1])) == 1


def test_top_k():
    logits = np.array([[3.0, 2, 1], [3, 2, 1], [1, 1, 1]])
    labels = np.array([1, 2, 2])
    assert top_k_accuracy(logits, labels, 1) == 0
    assert top_k_accuracy(logits, labels, 2) == pytest.approx(1 / 3)  # of equal ones the earlier
    assert top_k_accuracy(logits, labels, 3) == 1


# metrics.json.


def test_metrics_hold_every_score_and_their_degenerate_outcomes(calibrated):
    logits, labels = calibrated
    found = metrics(logits, labels, HISTORY, "holdout", "last", (logits * 2, labels), logits)
    assert found["loss"] == pytest.approx(found["nll"])
    assert found["temperature"] == pytest.approx(2, rel=0.02)
    assert found["calibrated"] == scores(logits, labels, found["temperature"])
    assert found["flipped"] == pytest.approx({"accuracy": found["accuracy"], "nll": found["nll"]})
    assert list(found["top_k_accuracy"]) == ["2", "3"]

    bare = metrics(
        logits[:, :2], labels % 2, HISTORY, "test_selected", "last", (logits[:0], labels[:0])
    )
    assert (bare["temperature"], bare["calibrated"], bare["flipped"]) == (None, None, None)
    assert bare["top_k_accuracy"] == {}


def test_an_image_and_its_mirror_image_are_averaged_as_probabilities():
    one, other = np.log([[0.9, 0.1]]), np.log([[0.3, 0.7]])
    found = metrics(one, np.array([1]), HISTORY, "holdout", "last", None, other)["flipped"]
    assert found == pytest.approx({"accuracy": 0.0, "nll": -np.log(0.4)})


# Each class.


def test_scores_of_classes_of_a_hand_computed_case(tmp_path):
    counts = np.array([[8, 2, 0, 0], [1, 4, 0, 0], [0, 0, 0, 0], [3, 0, 0, 0]])
    cat, dog, none, missed = scores_of_classes(counts, ("cat", "d,og", "none", "missed"))
    assert (cat.images, cat.predicted) == (10, 12)
    assert cat.recall == pytest.approx((0.8, *wilson_interval(0.8, 10)))
    assert cat.precision == pytest.approx((8 / 12, *wilson_interval(8 / 12, 12)))
    assert cat.f1.value == pytest.approx(2 * 0.8 * (8 / 12) / (0.8 + 8 / 12))
    low, high = wilson_interval(8 / 14, 14)
    assert cat.f1[1:] == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert (none.precision, none.recall, none.f1) == (None, None, None)
    assert missed.precision is None
    assert missed.recall.value == missed.f1.value == 0

    path = tmp_path / "classes.csv"
    write_scores_of_classes(path, (cat, dog, none, missed))
    again = read_scores_of_classes(path)
    assert [one[:3] for one in again] == [one[:3] for one in (cat, dog, none, missed)]
    assert again[0].f1 == pytest.approx(cat.f1, rel=1e-5)
    assert again[2][3:] == (None, None, None)
    with open(path, newline="") as file:
        assert next(csv.reader(file))[3:6] == ["precision", "precision_low", "precision_high"]
    path.write_text("hello")
    with pytest.raises(DamagedFileError, match="no table of classes"):
        read_scores_of_classes(path)


def test_the_interval_of_f1_covers_as_often_as_it_says():
    """1,000 test sets of 60 images of which 40 are of a class that is recognised in 30."""
    random = np.random.default_rng(3)
    shares = [30 / 60, 10 / 60, 5 / 60, 15 / 60]  # right, missed, taken for it, others
    truth = 2 * 30 / (2 * 30 + 10 + 5)
    inside = 0
    for right, missed, taken, rest in random.multinomial(60, shares, 1000):
        found = scores_of_classes(np.array([[right, missed], [taken, rest]]), ("a", "b"))[0].f1
        inside += found.low <= truth <= found.high
    assert 0.93 <= inside / 1000 <= 0.98
