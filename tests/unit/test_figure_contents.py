"""Figures show what they say: the right map under its title, curve on its axes, number in its cell.

The figure is looked at before it becomes pixels.
"""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from resnetcam.figures import annotations, class_pages, examples, overlays, training, trust
from resnetcam.figures.explained import gather_explained
from resnetcam.figures.overlays import Look
from resnetcam.maps import Maps

NAMES = ["cat", "dog", "ox"]


@pytest.fixture
def figures(monkeypatch):
    """The figures that were written, as objects."""
    written = []
    savefig = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: written.append(self) or savefig(self, *a, **k)
    )
    return written


@pytest.fixture
def overlaid(monkeypatch):
    """Pairs of axes and the value that marks the map on them (``marked``)."""
    pairs = []

    def draw(axes, image, raw_map, look, region=None):
        pairs.append((axes, raw_map[0, 0].item()))

    for module in (examples, class_pages, trust):
        monkeypatch.setattr(module, "draw_overlay", draw)
    return pairs


def marked(values):
    """Maps that differ in one number each."""
    return np.array(values, np.float32)[:, None, None] * np.ones((8, 8), np.float32)


def explained(labels, predictions):
    """Images 0, 1, ...: the map for the predicted class is 10 + its number, the true one's 20 +."""
    count = len(labels)
    numbers = np.arange(count, dtype=np.uint32)
    predicted = Maps(marked(10 + numbers), np.array(predictions, np.uint8), numbers)
    true = Maps(marked(20 + numbers), np.array(labels, np.uint8), numbers)
    logits = 4 * np.eye(3, dtype=np.float32)[predictions]
    images = np.zeros((count, 32, 32, 3), np.uint8)
    return gather_explained(images, np.array(labels, np.uint8), logits, predicted, true)


def test_a_persons_attribute_may_be_called_shape(tmp_path, figures):
    summary = {
        "file": "a.csv",
        "regions": 3,
        "shapes": {"rect": 3},
        "attributes": {"shape": {"star": 2, "ring": 1}},
        "sides_px": [],
    }
    annotations.annotation_summary(tmp_path / "a.png", summary)

    *panels, _ = figures[0].axes
    named = [[label.get_text() for label in axes.get_yticklabels()] for axes in panels]
    assert named == [["rect"], ["star", "ring"]]


def test_each_map_stands_under_the_class_that_it_explains(tmp_path, overlaid):
    examples.misclassified_examples(tmp_path / "a.png", explained([0, 1], [2, 0]), NAMES, Look())
    shown = [(axes.get_title().split("\n")[0], value) for axes, value in overlaid]
    assert shown == [("ox", 10), ("cat", 20), ("cat", 11), ("dog", 21)]


def test_a_page_shows_maps_for_its_own_class(tmp_path, overlaid):
    """Of its own images that is the true class; of those mistaken for it, the predicted one."""
    shown = explained([1, 1, 0], [1, 2, 1])
    class_pages.class_page(tmp_path / "a.png", 1, shown, NAMES, Look())
    assert [value for _, value in overlaid] == [20, 21, 12]


def test_each_curve_is_on_the_axes_of_its_name(tmp_path, figures):
    area = {"mean": 0.6, "low": 0.5, "high": 0.7}
    one = {
        "curves": {"deletion": [1.0, 0.2], "insertion": [0.1, 0.9]},
        "deletion_auc": area,
        "insertion_auc": area,
    }
    trust.faithfulness_curves(tmp_path / "a.png", {"candidates": {"gradcam": one}})
    drawn = {
        axes.get_title().split(":")[0]: axes.lines[0].get_ydata().tolist()
        for axes in figures[0].axes
    }
    assert drawn == {"Deletion": [1.0, 0.2], "Insertion": [0.1, 0.9]}


def test_a_cascade_goes_from_the_trained_network_to_the_random_one(tmp_path, figures, overlaid):
    parts = ["none", "logits", "stem"]
    means = [1.0, 0.5, 0.1]
    levels = [
        {"part": part, "correlation": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}}
        for part, mean in zip(parts, means, strict=True)
    ]
    maps = [marked([0 + level, 10 + level]) for level in range(3)]
    shown = explained([0, 1], [0, 1])
    trust.randomisation_cascade(tmp_path / "a.png", shown, levels, maps, Look())
    assert [value for _, value in overlaid] == [0, 1, 2, 10, 11, 12]
    titles = [axes.get_title().replace("\n", " ") for axes, _ in overlaid[:3]]
    assert titles == ["trained", "+ logits", "+ stem"]
    (correlations,) = (axes for axes in figures[0].axes if "rank" in axes.get_ylabel())
    assert correlations.lines[1].get_ydata().tolist() == means


def test_a_cascade_from_flat_maps_has_no_correlations(tmp_path, figures, overlaid):
    levels = [{"part": part, "correlation": None} for part in ("none", "logits")]
    shown = explained([0], [0])
    trust.randomisation_cascade(tmp_path / "a.png", shown, levels, [marked([0])] * 2, Look())
    (correlations,) = (axes for axes in figures[0].axes if "rank" in axes.get_ylabel())
    assert len(correlations.lines) == 1  # the zero line


@pytest.mark.parametrize("small", [0, 2])
def test_epochs_on_smaller_images_are_shaded(tmp_path, figures, small):
    names = ("learning_rate", "loss", "accuracy", "penalty", "val_loss", "val_accuracy")
    history = [{"epoch": epoch} | dict.fromkeys(names, 0.5) for epoch in (1, 2, 3)]
    path = tmp_path / "a.png"
    training.learning_curves(path, history, 3, "validation", small_epochs=small)
    for axes in figures[0].axes:
        assert [(p.get_x(), p.get_width()) for p in axes.patches] == [(0.5, small)] * (small > 0)
    labels = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert ("smaller training images" in labels) is (small > 0)


def test_cells_of_the_confusion_matrix_hold_their_own_numbers(tmp_path, figures):
    counts = np.array([[997, 3, 0], [0, 5, 15], [10, 0, 30]])
    training.confusion_matrix(tmp_path / "a.png", counts, NAMES, "validation")
    axes = figures[0].axes[0]
    cells = {
        text.get_position(): text.get_text() for text in axes.texts if text.get_text() != "recall"
    }
    assert cells == {  # (column, row)
        (0, 0): ">99%\n997", (1, 0): "<1%\n3", (2, 0): "0",
        (0, 1): "0", (1, 1): "25%\n5", (2, 1): "75%\n15",
        (0, 2): "25%\n10", (1, 2): "0", (2, 2): "75%\n30",
    }  # fmt: skip
    shares = axes.images[0].get_array()
    np.testing.assert_allclose(shares[1], [0, 0.25, 0.75])


@pytest.mark.parametrize(("selected_on", "told"), [("test", True), ("validation", False)])
def test_recalls_of_a_network_chosen_on_the_test_set_say_so(tmp_path, figures, selected_on, told):
    training.confusion_matrix(tmp_path / "a.png", np.eye(3, dtype=int), NAMES, selected_on)
    assert ("test-selected" in figures[0].axes[0].get_title(loc="left")) is told


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((4, 8), (10, 20)), ((0, 8), (10, 20)), ((20, 32), (0, 32)), ((0, 32), (0, 7))],
)
def test_an_outline_runs_around_its_region_and_is_closed_at_the_border_too(rows, columns):
    region = np.zeros((32, 32), bool)
    region[slice(*rows), slice(*columns)] = True
    with matplotlib.rc_context():
        axes = Figure().add_subplot()
        image = np.zeros((32, 32, 3), np.uint8)
        overlays.draw_overlay(axes, image, np.eye(8, dtype=np.float32), Look(), region)
    scale = 8
    for contour in axes.collections:
        (path,) = contour.get_paths()
        np.testing.assert_allclose(path.vertices[0], path.vertices[-1])
        left, top = path.vertices.min(0)
        right, bottom = path.vertices.max(0)
        expected = [columns[0], columns[1], rows[0], rows[1]]
        np.testing.assert_allclose(
            [left, right, top, bottom], [edge * scale - 0.5 for edge in expected], atol=0.51
        )
    assert axes.get_xlim() == (-0.5, 255.5)
    assert axes.get_ylim() == (255.5, -0.5)
