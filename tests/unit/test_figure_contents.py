"""Figures show what they say: the right map under its title, curve on its axes, number in its cell.

The figure is looked at before it becomes pixels.
"""

import numpy as np
import pytest
from matplotlib.figure import Figure
from small_shift import shift as shift_scores

from resnetcam.evaluation.label_candidates import LabelledSet
from resnetcam.evaluation.labels import find_doubts, mean_probabilities
from resnetcam.explain.maps import Maps
from resnetcam.report.figures import (
    annotations,
    class_pages,
    confused_pairs,
    examples,
    label_candidates,
    overlays,
    shift,
    shown_classes,
    side_by_side,
    training,
    trust,
)
from resnetcam.report.figures.explained import gather_explained
from resnetcam.report.figures.overlays import Look
from resnetcam.report.figures.page import Page, Panel
from resnetcam.shift.examples import SHOWN, Example
from resnetcam.shift.strengths import KINDS

NAMES = ["cat", "dog", "ox"]


@pytest.fixture
def figures(monkeypatch):
    """The figures that were written, as objects, once each: all are drawn as PNG first."""
    written = []
    savefig = Figure.savefig

    def save(self, *args, **how):
        if how.get("format") != "svg":
            written.append(self)
        savefig(self, *args, **how)

    monkeypatch.setattr(Figure, "savefig", save)
    return written


@pytest.fixture
def overlaid(monkeypatch):
    """Pairs of panels and the value that marks the map on them (``marked``)."""
    pairs = []

    def draw(panel, image, raw_map, look, region=None):
        pairs.append((panel, raw_map[0, 0].item()))

    for module in (examples, class_pages, side_by_side, trust):
        monkeypatch.setattr(module, "draw_overlay", draw)
    return pairs


@pytest.fixture
def titles(monkeypatch):
    """What is written above each panel, on one line."""
    written = {}
    monkeypatch.setattr(
        Panel, "title", lambda panel, text, **_: written.update({panel: text.replace("\n", " ")})
    )
    return written


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
        "unit": "pixels",
        "sides_px": [],
    }
    annotations.annotation_summary(tmp_path / "a.png", summary)

    *panels, _ = figures[0].axes
    named = [[label.get_text() for label in axes.get_yticklabels()] for axes in panels]
    assert named == [["rect"], ["star", "ring"]]


def test_no_text_of_an_export_is_cut(tmp_path, figures):
    summary = {
        "file": "a.csv",
        "regions": 3,
        "shapes": {"rect": 3},
        "attributes": {"material": {"corrugated sheet metal": 3}, "state": {"needs repair": 3}},
        "unit": "pixels of enlarged test images",
        "sides_px": [44.7, 63.2, 77.5],
    }
    annotations.annotation_summary(tmp_path / "a.png", summary)

    (figure,) = figures
    figure.draw_without_rendering()
    edges = figure.bbox
    texts = [text for axes in figure.axes for text in (axes.title, axes.xaxis.label)]
    texts += [label for axes in figure.axes for label in axes.get_yticklabels()]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert len(boxes) == 4 + 1 + 3
    assert all(edges.x0 <= box.x0 and box.x1 <= edges.x1 for box in boxes)
    assert "enlarged" in figure.axes[-1].get_xlabel()


def test_each_map_stands_under_the_class_that_it_explains(tmp_path, overlaid, titles):
    """Predicted classes' maps are marked 10 + the image's number, true ones' 20 +."""
    examples.misclassified_examples(tmp_path / "a.png", explained([0, 1], [2, 0]), NAMES, Look())
    shown = [(titles[panel].split()[0], value) for panel, value in overlaid]
    assert shown == [("ox", 10), ("cat", 20), ("cat", 11), ("dog", 21)]


@pytest.mark.parametrize("draw", [examples.correct_examples, examples.confidently_wrong])
def test_examples_are_titled_with_the_class_of_their_map(tmp_path, overlaid, titles, draw):
    shown = explained([0, 1, 2], [0, 2, 0])
    draw(tmp_path / "a.png", shown, NAMES, Look())
    for panel, value in overlaid:
        classes = shown.labels if value >= 20 else shown.predictions
        assert titles[panel].split()[0] == NAMES[classes[int(value) % 10]]


def test_a_page_shows_maps_for_its_own_class(tmp_path, overlaid, titles):
    """Of its own images that is the true class; of those mistaken for it, the predicted one."""
    shown = explained([1, 1, 0], [1, 2, 1])
    class_pages.class_page(tmp_path / "a.png", 1, shown, NAMES, Look())
    assert [value for _, value in overlaid] == [20, 21, 12]
    assert [titles[panel] for panel, _ in overlaid] == ["dog 96%", "dog 2%", "dog 96%"]
    pictures = [text for text in titles.values() if text.startswith("test")]
    assert pictures == ["test 0", "test 1 predicted ox", "test 2 true cat"]


def test_maps_side_by_side_are_titled_with_the_class_that_their_file_names(
    tmp_path, overlaid, titles
):
    shown = explained([0, 1, 2], [0, 2, 2])
    index = np.arange(3, dtype=np.uint32)
    columns = {
        "predicted": Maps(marked(10 + index), np.array([0, 2, 2], np.uint8), index),
        "dog": Maps(marked(30 + index), np.full(3, 1, np.uint8), index),
        "cat_of_some": Maps(marked(40 + index[:2]), np.full(2, 0, np.uint8), index[:2]),
    }
    side_by_side.side_by_side(tmp_path / "a.png", shown, columns, NAMES, Look())
    found = {int(value): titles[panel].split()[0] for panel, value in overlaid}
    assert found == {10: "cat", 11: "ox", 30: "dog", 31: "dog", 40: "cat", 41: "cat"}
    assert all(f"peak {value:.3g}" in titles[panel] for panel, value in overlaid)


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


def maps_of(values):
    """Maps of the first images, each with a value that tells it apart."""
    index = np.arange(len(values), dtype=np.uint32)
    return Maps(marked(values), np.zeros_like(index), index)


def test_a_cascade_goes_from_the_trained_network_to_the_random_one(
    tmp_path, figures, overlaid, titles
):
    parts = ["none", "logits", "stem"]
    means = [1.0, 0.5, 0.1]
    levels = [
        {"part": part, "correlation": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}}
        for part, mean in zip(parts, means, strict=True)
    ]
    maps = [maps_of([0 + level, 10 + level]) for level in range(3)]
    shown = explained([0, 1], [0, 1])
    scores = {"levels": levels, "other_image": {"mean": 0.4, "low": 0.3, "high": 0.5}}
    trust.randomisation_cascade(tmp_path / "a.png", shown, scores, maps, NAMES, Look())
    assert [value for _, value in overlaid] == [0, 1, 2, 10, 11, 12]
    above = [titles[panel] for panel, _ in overlaid[:3]]
    assert above == ["trained", "+ logits", "+ stem"]
    (correlations,) = (axes for axes in figures[0].axes if "rank" in axes.get_ylabel())
    assert correlations.lines[1].get_ydata().tolist() == means
    beside = [text.get_text() for text in figures[0].axes[0].texts]
    assert [text for text in beside if text.startswith("maps for")] == [
        "maps for\ncat",
        "maps for\ndog",
    ]
    (dashed,) = (line for line in correlations.lines if line.get_linestyle() == "--")
    assert set(dashed.get_ydata()) == {0.4}
    legend = [text.get_text() for text in correlations.get_legend().get_texts()]
    assert any("another image" in text and "0.40" in text for text in legend)


def test_a_correlation_below_all_others_is_still_on_its_axes(tmp_path, figures, overlaid):
    levels = [
        {"part": part, "correlation": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}}
        for part, mean in (("none", 1.0), ("logits", -0.8))
    ]
    maps = [maps_of([0])] * 2
    scores = {"levels": levels, "other_image": None}
    path = tmp_path / "a.png"
    trust.randomisation_cascade(path, explained([0], [0]), scores, maps, NAMES, Look())
    (correlations,) = (axes for axes in figures[0].axes if "rank" in axes.get_ylabel())
    assert correlations.get_ylim()[0] < -0.9


def test_a_cascade_from_flat_maps_has_no_correlations(tmp_path, figures, overlaid):
    levels = [{"part": part, "correlation": None} for part in ("none", "logits")]
    shown, scores = explained([0], [0]), {"levels": levels, "other_image": None}
    maps = [maps_of([0])] * 2
    trust.randomisation_cascade(tmp_path / "a.png", shown, scores, maps, NAMES, Look())
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
    right, mistakes = (image.get_array() for image in axes.images)
    np.testing.assert_allclose(right.compressed(), [0.997, 0.25, 0.75])
    np.testing.assert_allclose(mistakes.compressed(), [0.003, 0.75, 0.25])


def test_mistakes_are_seen_beside_a_diagonal_of_almost_all(tmp_path, figures):
    counts = np.array([[97, 3, 0], [1, 99, 0], [0, 0, 100]])
    training.confusion_matrix(tmp_path / "a.png", counts, NAMES, "validation")
    axes, scale = (one for one in figures[0].axes if one.images or one.collections)
    mistakes = axes.images[1]
    colors = mistakes.to_rgba(mistakes.get_array())
    often, seldom, never = colors[0, 1], colors[1, 0], colors[0, 2]
    assert never[3] == 0  # what is no mistake has no colour
    assert 1 - often[2] > 0.4 and 1 - seldom[2] > 0.1  # blue is what orange lacks
    assert scale.get_xlim() == (0, 0.03)


def test_without_a_mistake_there_is_no_scale_of_them(tmp_path, figures):
    training.confusion_matrix(tmp_path / "a.png", np.eye(3, dtype=int), NAMES, "validation")
    (axes,) = figures[0].axes
    assert axes.images


@pytest.mark.parametrize(("selected_on", "told"), [("test", True), ("validation", False)])
def test_recalls_of_a_network_chosen_on_the_test_set_say_so(tmp_path, figures, selected_on, told):
    training.confusion_matrix(tmp_path / "a.png", np.eye(3, dtype=int), NAMES, selected_on)
    assert ("test-selected" in figures[0].axes[0].get_title(loc="left")) is told


def test_pictures_lie_where_their_panels_are_and_keep_their_shape():
    page = Page(Figure((4, 3)))
    page.panel(1, 0.5, 2).picture(np.zeros((4, 8, 3)))
    (picture,) = page.axes.images
    assert picture.get_extent() == [1, 3, 2, 1]  # left, right, bottom, top: half as high as wide
    assert page.axes.get_xlim() == (0, 4) and page.axes.get_ylim() == (3, 0)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((4, 8), (10, 20)), ((0, 8), (10, 20)), ((20, 32), (0, 32)), ((0, 32), (0, 7))],
)
def test_an_outline_runs_around_its_region_and_is_closed_at_the_border_too(rows, columns):
    region = np.zeros((32, 32), bool)
    region[slice(*rows), slice(*columns)] = True
    page = Page(Figure((4, 3)))
    image = np.zeros((32, 32, 3), np.uint8)
    overlays.draw_overlay(page.panel(1, 0.5, 2), image, np.eye(8, dtype=np.float32), Look(), region)
    assert len(page.axes.patches) == 2
    (top, bottom), (left, right) = rows, columns
    border = {((x, y), (x + 1, y)) for x in range(left, right) for y in rows}
    border |= {((x, y), (x, y + 1)) for y in range(top, bottom) for x in columns}
    for line in page.axes.patches:
        pixels = (line.get_path().vertices.reshape(-1, 2, 2) - (1, 0.5)) / (2 / 32)
        assert np.allclose(pixels, pixels.round())
        drawn = [tuple(map(tuple, segment)) for segment in pixels.round().astype(int).tolist()]
        assert len(drawn) == len(border) and set(drawn) == border


def test_a_region_with_a_hole_has_two_borders():
    region = np.zeros((8, 8), bool)
    region[2:7, 2:7] = True
    region[4, 4] = False
    page = Page(Figure((4, 3)))
    page.panel(0, 0, 1).outline(region)
    borders = [line.get_path().vertices for line in page.axes.patches]
    assert [len(ends) // 2 for ends in borders] == [20 + 4] * 2


def test_bars_are_as_long_as_their_probabilities(tmp_path, monkeypatch):
    lengths = []
    monkeypatch.setattr(Page, "bar", lambda self, x, y, width, height, **_: lengths.append(width))
    shown = explained([1], [1])
    examples.correct_examples(tmp_path / "a.png", shown, NAMES, Look())
    whole = lengths[0]
    assert lengths[::2] == [whole] * 3
    expected = sorted(shown.probabilities[0], reverse=True)
    np.testing.assert_allclose(np.array(lengths[1::2]) / whole, expected, rtol=1e-6)


def logits_of(predictions, sure):
    """Logits of so many classes as there are names, the surer the higher."""
    return np.array(sure, np.float32)[:, None] * np.eye(3, dtype=np.float32)[predictions]


@pytest.fixture
def texts(monkeypatch):
    """What is written on pages, in order."""
    written = []
    monkeypatch.setattr(Page, "text", lambda self, x, y, text, **_: written.append(text))
    return written


@pytest.fixture
def pictures(monkeypatch):
    """The first value of each picture with the panel that it is on."""
    shown = []
    draw = Panel.picture

    def picture(panel, pixels, **how):
        shown.append((panel, int(pixels[0, 0, 0])))
        draw(panel, pixels, **how)

    monkeypatch.setattr(Panel, "picture", picture)
    return shown


def test_confused_pairs_stand_with_images_of_both_the_surest_first(
    tmp_path, texts, titles, pictures
):
    labels = np.array([0, 0, 1, 1, 2, 2, 0, 1])
    predictions = np.array([1, 1, 0, 1, 0, 2, 0, 1])
    logits = logits_of(predictions, [2, 4, 3, 5, 1, 1, 1, 1])
    images = np.arange(8, dtype=np.uint8)[:, None, None, None] * np.ones((8, 4, 4, 1), np.uint8)
    confused_pairs.confused_pairs(tmp_path / "a.png", images, labels, logits, NAMES)
    assert texts == [
        "cat and dog: 3 mistakes, 75% of all",
        "cat taken for dog: 2 of 3 (66.7%)",
        "dog taken for cat: 1 of 3 (33.3%)",
        "cat and ox: 1 mistake, 25% of all",
        "cat taken for ox: 0 of 3 (0.0%)",
        "ox taken for cat: 1 of 2 (50.0%)",
    ]
    assert [value for _, value in pictures] == [1, 0, 2, 4]
    assert [titles[panel] for panel, _ in pictures] == [
        "test 1 96%",
        "test 0 79%",
        "test 2 91%",
        "test 4 58%",
    ]


def test_no_more_than_five_pairs_of_six_images_are_drawn(tmp_path, texts, pictures):
    names = [f"class {number}" for number in range(5)]
    labels, predictions = np.divmod(np.arange(25).repeat(8), 5)
    logits = 3 * np.eye(5, dtype=np.float32)[predictions]
    images = np.zeros((200, 4, 4, 3), np.uint8)
    confused_pairs.confused_pairs(tmp_path / "a.png", images, labels, logits, names)
    headings = [text for text in texts if "mistakes" in text]
    assert [heading.partition(":")[0] for heading in headings] == [
        *(f"class 0 and class {number}" for number in (1, 2, 3, 4)),
        "class 1 and class 2",
    ]
    assert len(pictures) == 5 * 2 * 6


def test_pairs_come_by_their_mistakes_both_ways_together():
    counts = np.array([[9, 3, 0, 0], [0, 9, 2, 0], [0, 2, 9, 0], [3, 0, 0, 9]])
    assert shown_classes.most_confused(counts) == [(1, 2), (0, 1), (0, 3)]
    assert shown_classes.most_confused(counts, 1) == [(1, 2)]
    assert shown_classes.most_confused(np.eye(4, dtype=int)) == []


def test_without_a_mistake_there_is_no_pair(tmp_path, figures):
    images, labels = np.zeros((3, 4, 4, 3), np.uint8), np.arange(3)
    logits = logits_of(labels, [1, 1, 1])
    confused_pairs.confused_pairs(tmp_path / "a.png", images, labels, logits, NAMES)
    (text,) = figures[0].texts
    assert text.get_text() == "Of 3 test images none is misclassified."


class Stored:
    """Images that are called by their place; other arrays begin with other numbers."""

    class_names = NAMES

    def rows(self, name):
        numbers = np.arange(100, dtype=np.uint8) + 100 * (name == "x_train")
        return numbers[:, None, None, None] * np.ones((100, 4, 4, 1), np.uint8)


def labelled(name, numbers, labels, predictions, sure):
    probabilities = mean_probabilities([logits_of(predictions, sure)])
    labels = np.array(labels)
    doubts = find_doubts(probabilities, labels)
    right = probabilities.argmax(1) == labels
    return LabelledSet(name, np.array(numbers), labels, probabilities, right[None], (), doubts)


def test_labels_to_look_at_stand_with_number_label_and_suggestion(tmp_path, texts, pictures):
    test = labelled("test", range(4), [0, 1, 2, 0], [0, 1, 2, 2], [4, 4, 4, 5])
    of_training = ([50, 70, 9], [0, 1, 1], [0, 1, 0], [5, 5, 6])
    training = labelled("training", *of_training)
    held_out = labelled("held_out", [3], [0], [0], [5])
    sets = [test, held_out, training]
    label_candidates.label_candidates(tmp_path / "a.png", sets, Stored())
    assert texts == [
        "Test images: 1 candidate of 4",
        *("3", "99%", "cat", "→ ox"),
        "Training images, whose labels the networks learned: 1 candidate of 3",
        *("9", ">99%", "dog", "→ cat"),
    ]
    assert [value for _, value in pictures] == [3, 109]


def test_twenty_labels_of_the_test_set_are_shown_and_ten_of_others(tmp_path, texts, pictures):
    labels, predictions = [0, 1] * 30, [0, 1] * 10 + [2, 2] * 15 + [0, 1] * 5
    everything = ([*labels, 2], [*predictions, 2], [*np.linspace(3, 6, 60), 2])
    names = ("test", "held_out", "training")
    sets = [labelled(name, range(61), *everything) for name in names]
    label_candidates.label_candidates(tmp_path / "a.png", sets, Stored())
    headings = [text for text in texts if "candidate" in text]
    assert [heading.partition(":")[2] for heading in headings] == [
        " 30 candidates of 61; the 20 whose label is least probable",
        *[" 30 candidates of 61; the 10 whose label is least probable"] * 2,
    ]
    values = [value for _, value in pictures]
    assert values[:20] == [*range(49, 29, -1)]  # the surest come first
    assert values[20:30] == values[30:] == [100 + number for number in range(49, 39, -1)]


def test_where_no_label_is_doubted_the_figure_says_so(tmp_path, figures):
    sets = [labelled(name, [0, 1], [0, 1], [0, 1], [4, 4]) for name in ("test", "training")]
    label_candidates.label_candidates(tmp_path / "a.png", sets, Stored())
    (text,) = figures[0].texts
    assert text.get_text() == "Of 4 images no label is doubted."


def corrupted_example(channels=3):
    """A dog; kind k at the s-th strength shown has the value 10 k + s, and is a dog but in fog."""
    values = 10 * np.arange(len(KINDS))[:, None] + np.arange(len(SHOWN))
    pixels = values[..., None, None, None] * np.ones((6, 6, channels), np.uint8)
    predicted = np.ones(values.shape, int)
    predicted[list(KINDS).index("fog"), 1:] = 2
    image = np.full((6, 6, channels), 250, np.uint8)
    return Example(7, 1, image, pixels.astype(np.uint8), predicted)


def test_each_kind_has_its_numbers_and_its_images(tmp_path, texts, pictures):
    found = shift_scores()
    shift.corrupted_images(tmp_path / "a.png", found, corrupted_example(1), NAMES)

    assert "On average 60.0% of 500 test images are recognised when they are" in texts[0]
    assert texts[0].endswith("90.0% as they are")
    assert texts[1] == "95% interval over images 57.0% to 63.0%;  mean corruption error 70.0%"
    assert texts[3] == "dog"
    start = texts.index("fog")
    assert texts[start : start + 9] == [
        *("fog", "30%", "31%", "32%", "33%", "34%", "30%"),
        *("40%", "117%"),
    ]
    start = texts.index("all kinds")
    # The mean of 12 times 60, of 30 and of 40, and a hundredth more a strength.
    assert texts[start : start + 4] == ["all kinds", "56%", "57%", "58%"]
    assert [value for _, value in pictures] == [
        250,
        *(10 * kind + place for kind in range(14) for place in range(3)),
    ]
    tops = [panel.top for panel, _ in pictures]
    assert tops == sorted(tops)


def test_images_that_are_taken_for_another_class_have_a_frame(tmp_path, monkeypatch, pictures):
    bars = []
    monkeypatch.setattr(
        Page, "bar", lambda page, x, y, w, h, **how: bars.append((x, y, w, h, how["facecolor"]))
    )
    shift.corrupted_images(tmp_path / "a.png", shift_scores(), corrupted_example(), NAMES)
    framed = [bar for bar in bars if bar[4] == shift.ORANGE and bar[2] > 0.2]
    fog = 1 + 3 * list(KINDS).index("fog")
    assert len(framed) == 2
    for (left, top, width, _, _), (panel, _) in zip(
        framed, pictures[fog + 1 : fog + 3], strict=True
    ):
        assert left < panel.left and top < panel.top and left + width > panel.left + panel.side


def test_colours_go_from_guessing_to_clean_images(tmp_path):
    colors = shift._Colors(0.1, 0.9)
    assert colors(0.05) == colors(0.1) != colors(0.3)
    assert colors(0.9) == colors(0.99)
    assert shift._Colors(0.5, 0.4)(0.5)  # a network that is worse than guessing


def test_what_is_not_defined_is_said(tmp_path, texts, pictures):
    found = shift_scores(undefined=True)
    shift.corrupted_images(tmp_path / "a.png", found, corrupted_example(), NAMES)
    assert texts[1].endswith("mean corruption error not defined")
    assert texts[texts.index("fog") + 8] == "not defined"
