"""Figures: colours, choice of examples, reproducible bytes, and awkward inputs."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from resnetcam import figures
from resnetcam.maps import Maps

GREY = np.full((32, 32, 3), 128, np.uint8)
PUBLISHED = [
    {
        "epoch": 1 + e,
        "learning_rate": 0.1 / (1 + e),
        "loss": 2.0 - e,
        "accuracy": 0.4,
        "val_loss": 2.0,
        "val_accuracy": 0.3,
    }
    for e in range(2)
]
HISTORY = [row | {"seconds": 1.0, "penalty": 0.5} for row in PUBLISHED]


def hot_cell(row, column):
    cells = np.zeros((8, 8), np.float32)
    cells[row, column] = 0.3
    return cells


def explained(labels, predictions, classes=3, maps=None):
    count = len(labels)
    logits = 4 * np.eye(classes, dtype=np.float32)[predictions]
    images = np.zeros((count, 32, 32, 3), np.uint8)
    index = np.arange(count, dtype=np.uint32)
    maps = np.stack([hot_cell(1, 2)] * count) if maps is None else maps
    group = Maps(maps, np.array(predictions, np.uint8), index)
    return figures.gather_explained(images, np.array(labels, np.uint8), logits, group, group)


@pytest.mark.parametrize(
    ("colormap", "top"), [("jet", (0.5, 0, 0)), ("inferno", (0.988, 0.998, 0.645))]
)
def test_hottest_cell_gets_the_top_colour_of_the_colormap(colormap, top):
    shown = figures.overlay(GREY, hot_cell(2, 5), colormap, alpha=1.0)
    np.testing.assert_allclose(shown[2 * 4 + 1, 5 * 4 + 1], top, atol=0.15)


def test_hot_is_red_and_cold_is_blue_in_jet():
    shown = figures.overlay(GREY, hot_cell(2, 5), "jet", alpha=1.0)
    hot, cold = shown[9, 21], shown[31, 0]
    assert hot[0] > hot[2]
    assert cold[2] > cold[0]


def test_overlay_blends_once_in_float():
    shown = figures.overlay(GREY, hot_cell(2, 5), "jet", alpha=0.25)
    cold = np.array([0, 0, 0.5])
    np.testing.assert_allclose(shown[31, 0], 0.75 * 128 / 255 + 0.25 * cold, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_flat_map_counts_as_zeros(value):
    shown = figures.overlay(GREY, np.full((8, 8), value, np.float32), "jet", alpha=1.0)
    np.testing.assert_allclose(shown, np.broadcast_to([0, 0, 0.5], shown.shape), atol=1e-3)


def test_examples_cover_every_class_before_any_comes_twice():
    labels = np.array([0] * 50 + [1] * 50 + [2] * 2, np.uint8)
    chosen = figures.choose_examples(labels, np.ones(102, bool), count=4)
    assert sorted(set(labels[chosen])) == [0, 1, 2]
    assert len(set(chosen.tolist())) == 4
    assert (np.diff(labels[chosen].astype(int)) >= 0).all()


def test_examples_are_eligible_and_depend_on_the_seed_alone():
    labels = np.zeros(100, np.uint8)
    eligible = np.arange(100) % 3 == 0
    first, again, other = (figures.choose_examples(labels, eligible, 5, seed) for seed in (1, 1, 2))
    assert eligible[first].all()
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_examples_are_as_many_as_there_are():
    assert len(figures.choose_examples(np.zeros(9, np.uint8), np.arange(9) < 3)) == 3
    assert len(figures.choose_examples(np.zeros(9, np.uint8), np.zeros(9, bool))) == 0


def test_gathering_aligns_maps_of_different_images():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((32, 32, 3), np.uint8)
    logits = np.eye(6, 3, dtype=np.float32)
    levels = np.arange(6, dtype=np.float32)[:, None, None] * np.ones((8, 8), np.float32)
    some = np.array([4, 1])
    predicted = Maps(levels, np.zeros(6, np.uint8), np.arange(6))
    true = Maps(10 * levels[some], np.zeros(2, np.uint8), some)
    masks = np.ones((1, 32, 32), bool)
    got = figures.gather_explained(
        images, np.arange(6), logits, predicted, true, (np.array([4]), masks)
    )
    assert got.image_index.tolist() == [1, 4]
    assert got.images[:, 0, 0, 0].tolist() == [1, 4]
    assert got.predicted_maps[:, 0, 0].tolist() == [1, 4]
    assert got.true_maps[:, 0, 0].tolist() == [10, 40]
    assert got.regions.any((1, 2)).tolist() == [False, True]


def test_equal_input_gives_equal_bytes_without_a_trace_of_the_program(tmp_path):
    for name in ("a.png", "b.png"):
        figures.confusion_matrix(tmp_path / name, np.array([[3, 1], [0, 0]]), ["cat", "dog"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert "Software" not in Image.open(tmp_path / "a.png").info


def test_settings_of_the_user_change_nothing(tmp_path):
    import matplotlib

    figures.mean_image(tmp_path / "a.png", np.full((4, 4, 3), 0.5, np.float32), 9)
    with matplotlib.rc_context({"figure.facecolor": "red", "savefig.dpi": 30}):
        figures.mean_image(tmp_path / "b.png", np.full((4, 4, 3), 0.5, np.float32), 9)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_published_losses_stand_beside_losses_with_their_penalty(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "_draw_history", lambda *args, **_: drawn.append(args[1:3]))
    figures.learning_curves(tmp_path / "a.png", HISTORY, 2, "test", PUBLISHED)
    (theirs, _), (ours, labels) = drawn
    assert [row["val_loss"] for row in theirs] == [2.0, 2.0]
    assert [row["val_loss"] for row in ours] == [2.5, 2.5]
    assert "test set" in labels[1]


def test_a_published_curve_on_other_images_is_labelled_in_the_figure(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "_draw_history", lambda *args, **_: drawn.append(args[2]))
    figures.learning_curves(tmp_path / "a.png", HISTORY, 2, "test", PUBLISHED, "other images")
    assert all("other images" in label for label in drawn[0])
    assert not any("other images" in label for label in drawn[1])


def test_a_validation_curve_is_plain_cross_entropy(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "_draw_history", lambda *args, **_: drawn.append(args[1:3]))
    figures.learning_curves(tmp_path / "a.png", HISTORY, 2, "validation")
    ((ours, labels),) = drawn
    assert [row["loss"] for row in ours] == [2.0, 1.0]
    assert labels == ("training", "validation")


def test_learning_curves_of_one_epoch_whose_rate_is_zero(tmp_path):
    figures.learning_curves(tmp_path / "a.png", [HISTORY[0] | {"learning_rate": 0.0}], 1, "test")
    assert Image.open(tmp_path / "a.png").width == 1320


def test_hostile_names_and_flat_maps_are_drawn(tmp_path):
    names = [r"$\bad$", "<b>|`" * 20, "two\nlines"]
    flat = np.zeros((3, 8, 8), np.float32)
    figures.gradcam_examples(
        tmp_path / "a.png", explained([0, 1, 2], [1, 2, 0], maps=flat), names, correct=False
    )
    figures.confusion_matrix(tmp_path / "b.png", np.eye(3, dtype=int), names)
    assert Image.open(tmp_path / "a.png").width == 1320


def test_without_an_example_the_figure_says_so(tmp_path):
    figures.gradcam_examples(tmp_path / "a.png", explained([0], [0]), list("abc"), correct=False)
    figures.gradcam_examples(tmp_path / "b.png", explained([0], [0]), list("abc"), correct=True)
    empty, one = (Image.open(tmp_path / name) for name in ("a.png", "b.png"))
    assert np.asarray(empty.convert("L")).min() < 100  # some text, not a blank page
    assert empty.height < one.height


def test_figures_need_neither_keras_nor_pyplot():
    code = (
        "import sys, resnetcam.figures; "
        "print({'keras', 'tensorflow', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "set()"
