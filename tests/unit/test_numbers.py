"""The tables below figures hold what the figures draw, and the texts say it in words."""

import numpy as np
import pytest
from small_metrics import SURENESS

from resnetcam.report import alternatives, numbers

KEYS = ("epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
HISTORY = [
    dict(zip(KEYS, (1, 0.1, 2.0, 0.3, 1.8, 0.4), strict=True)),
    dict(zip(KEYS, (2, 0.01, 1.0, 0.7, 0.9, 0.75), strict=True)),
]
COUNTS = np.array([[8, 2, 0], [5, 5, 0], [0, 0, 0]])
NAMES = ["c|at", "dog", "<ox>"]
LABELS = np.array([0] * 10 + [1] * 10)


def logits():
    """Of two classes: the surer an image the earlier; the last five of 20 are wrong."""
    found = np.zeros((20, 2), np.float32)
    found[np.arange(20), LABELS] = np.linspace(5, 1, 20)
    found[15:] = found[15:, ::-1]
    return found


def cells(table, words="The numbers."):
    first, blank, *lines = str(table).splitlines()
    assert (first, blank) == (f"*{words}*", "")
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line]


def test_epochs_are_rows():
    head, _, *rows = cells(numbers.of_history(HISTORY, "validation"))
    assert head[-1] == "Accuracy, validation"
    assert rows == [
        ["1", "0.1", "2.000", "30.0%", "1.800", "40.00%"],
        ["2", "0.01", "1.000", "70.0%", "0.900", "75.00%"],
    ]
    alone = [{key: row[key] for key in row if "val_" not in key} for row in HISTORY]
    assert "validation" not in numbers.of_history(alone, "validation")


def test_confusions_are_those_of_the_matrix_with_names_that_stay_text():
    text = str(numbers.of_confusions(COUNTS, [0, 1, 2], NAMES))
    assert "| c\\|at | 8 | 2 | 0 | 80.0% |" in text
    assert "| dog | 5 | 5 | 0 | 50.0% |" in text
    assert "| \\<ox\\> | 0 | 0 | 0 | – |" in text


def test_groups_of_the_reliability_diagram_hold_all_images():
    _, _, *rows = cells(
        numbers.of_reliability(logits(), LABELS, 2.0), "The numbers: confidence and accuracy."
    )
    assert len(rows) == 15 and sum(int(row[1]) for row in rows) == 20
    sure = 1 / (1 + np.exp(-np.linspace(5, 1, 20)))
    assert rows[-1][2] == f"{sure[0]:.2%}" and rows[-1][3] == "100.00%"
    assert len(rows[0]) == 6 and float(rows[-1][4][:-1]) < float(rows[-1][2][:-1])


def test_risk_is_of_the_surest_images():
    _, _, *rows = cells(
        numbers.of_risk(logits(), LABELS), "The numbers: mistakes among the surest images."
    )
    assert rows[0] == ["50%", "10", "0.00%"]
    assert rows[-1] == ["100%", "20", "25.00%"]


def test_curves_have_a_column_a_step():
    one = {"deletion": [0.9, 0.4, 0.1], "insertion": [0.1, 0.5, 0.9]}
    scores = {"candidates": {"gradcam": {"curves": one}, "uniform": {}}}
    head, _, *rows = cells(numbers.of_curves(scores))
    assert head[1:] == ["0%", "50%", "100%"]
    assert rows == [
        ["Grad-CAM, deletion", "90.0%", "40.0%", "10.0%"],
        ["Grad-CAM, insertion", "10.0%", "50.0%", "90.0%"],
    ]


def test_levels_of_randomisation_are_rows():
    levels = [
        {"part": "none", "correlation": {"mean": 1.0, "low": 1.0, "high": 1.0}, "flat_maps": 0},
        {"part": "stem", "correlation": None, "flat_maps": 3},
    ]
    _, _, *rows = cells(numbers.of_randomisation(levels))
    assert rows == [["trained", "1.00", "1.00 to 1.00", "0"], ["\\+ stem", "–", "–", "3"]]


def test_words_say_where_curves_end():
    said = alternatives.of_history(HISTORY, "validation", 2)
    assert "over 2 epochs: training accuracy from 30.0% to 70.0%" in said
    assert "validation loss from 1.80 to 0.90. The weights of epoch 2 were kept." in said


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (COUNTS, "5 of 10 of dog are taken for c|at."),
        (np.diag([3, 2, 0]), "No test image is taken for another class."),
    ],
)
def test_words_name_the_worst_class_and_mistake(counts, told):
    said = alternatives.of_confusions(counts, NAMES)
    assert told in said
    assert said.startswith("Confusion matrix: recall from")
    assert ("50.0% (dog) to 80.0% (c|at)" in said) == (counts is COUNTS)


def test_words_name_pairs_and_how_often():
    assert "c|at and dog (7 mistakes)" in alternatives.of_pairs(COUNTS, [(0, 1)], NAMES)
    pairs = [(0, 1), (0, 2), (1, 2), (1, 0)]
    assert alternatives.of_pairs(COUNTS, pairs, NAMES).endswith(" and others.")
    assert alternatives.of_pairs(COUNTS, [], NAMES) == "No class is taken for another."


def test_words_say_what_the_surest_half_gets_wrong():
    said = alternatives.of_reliability(logits(), LABELS, SURENESS)
    assert "is 4.00%, 2.00% with its temperature." in said
    assert "Of the surest half of the test images 0.0% are wrong, of all 25.0%." in said
    plain = alternatives.of_reliability(logits(), LABELS, SURENESS | {"calibrated": None})
    assert "temperature" not in plain


def test_a_comparison_of_many_experiments_names_the_first_ten():
    row = {"accuracy_mean": 0.5, "training_seconds": 60.0}
    rows = [row | {"experiment": f"e{number}"} for number in range(200)]
    assert "e9 50.0% in 1.0 min and 190 other experiments." in alternatives.of_comparison(rows, 10)
    assert alternatives.of_comparison(rows[:10], 10).endswith("e9 50.0% in 1.0 min.")
