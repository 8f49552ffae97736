"""Figures: colours, choice of examples, reproducible bytes, and awkward inputs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from small_metrics import SURENESS

from resnetcam.data.preprocessing import write_dataset
from resnetcam.explain.agreement import rank_correlations
from resnetcam.explain.display import resize_bilinear
from resnetcam.explain.maps import Maps
from resnetcam.explain.table_of_agreement import Agreement
from resnetcam.report.colors import PAPER
from resnetcam.report.figures import (
    agreement,
    canvas,
    comparison,
    examples,
    figures_of_training,
    side_by_side,
    training,
    trust,
)
from resnetcam.report.figures.annotations import annotation_summary
from resnetcam.report.figures.canvas import distinct_colors, whole_percent
from resnetcam.report.figures.class_pages import class_page
from resnetcam.report.figures.explained import (
    choose_examples,
    gather_explained,
    most_confidently_wrong,
)
from resnetcam.report.figures.overlays import Look, draw_color_scale, overlay
from resnetcam.report.figures.page import Page
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.official import Comparison
from resnetcam.training.history import write_history

GREY = np.full((32, 32, 3), 128, np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])
COLORMAPS = ("inferno", "viridis", "magma", "plasma", "cividis", "turbo", "jet", "hot", "gray")
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
EPOCH = {"epoch": 2, "val_accuracy": 0.3, "val_loss": 2.0}
SELECTED = {"selected_on": "validation", "selected_epoch": 2, "best": EPOCH, "last": EPOCH}
RECIPE = {"epochs": 2, "progressive_resizing": None}
PROVENANCE = {
    "commit": "unknown",
    "fingerprint": "f",
    "versions": {},
    "hardware": [],
    "ingredients": {"model": {}, "recipe": RECIPE, "protocol": "holdout"},
    "training_images": 4,
    "parameters": 9,
}
ROOT = Path(__file__).parents[2]


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
    return gather_explained(images, np.array(labels, np.uint8), logits, group, group)


@pytest.mark.parametrize(
    ("colormap", "top"), [("jet", (0.5, 0, 0)), ("inferno", (0.988, 0.998, 0.645))]
)
def test_hottest_cell_gets_the_top_colour_of_the_colormap(colormap, top):
    shown = overlay(GREY, hot_cell(2, 5), Look(colormap, 1.0))
    np.testing.assert_allclose(shown[2 * 4 + 1, 5 * 4 + 1], top, atol=0.15)


def test_hot_is_red_and_cold_is_blue_in_jet():
    shown = overlay(GREY, hot_cell(2, 5), Look("jet", 1.0))
    hot, cold = shown[9, 21], shown[31, 0]
    assert hot[0] > hot[2]
    assert cold[2] > cold[0]


def test_overlay_blends_once_in_float():
    shown = overlay(GREY, hot_cell(2, 5), Look("jet", 0.25))
    cold = np.array([0, 0, 0.5])
    np.testing.assert_allclose(shown[31, 0], 0.75 * 0.5 + 0.25 * cold, atol=1e-3)


def coloured_images():
    """Ten images of smooth blobs, each channel for itself, and ten of one colour."""
    random = np.random.default_rng(0)
    blobs = random.integers(0, 256, (10, 3, 4, 4)).astype(np.float32)
    blobs = np.stack([resize_bilinear(channels, 32, 32) for channels in blobs])
    plain = random.integers(0, 256, (10, 1, 1, 3)) * np.ones((32, 32, 3), int)
    return np.concatenate([blobs.transpose(0, 2, 3, 1), plain]).astype(np.uint8)


def drawn_scale(look, **more):
    """The colours of the scale at the foot of a page, (256, 3)."""
    page = Page(Figure((8.8, 3)))
    draw_color_scale(page, look, **more)
    return np.asarray(page.axes.images[0].get_array())[0]


@pytest.mark.parametrize("colormap", COLORMAPS)
def test_what_is_shown_follows_the_map_whatever_the_colours_of_the_image(colormap):
    """The place of a colour on the drawn scale, and its brightness, are in the map's order.

    Over the coloured images themselves, single rank correlations fall below 0.3.
    """
    look, random = Look(colormap), np.random.default_rng(1)
    scale = drawn_scale(look)
    brightness_rises = (np.diff(scale @ LUMA) > 0).all()
    of_places, of_brightness = [], []
    for image in coloured_images():
        raw_map = random.random((8, 8), np.float32)
        shown = overlay(image, raw_map, look)
        heat = resize_bilinear(raw_map[None], 32, 32)
        places = ((shown[:, :, None] - scale) ** 2).sum(-1).argmin(-1)
        of_places += rank_correlations(heat, places[None]).tolist()
        of_brightness += rank_correlations(heat, (shown @ LUMA)[None]).tolist()
    assert np.mean(of_places) > 0.98 and np.min(of_places) > 0.93
    if brightness_rises:
        assert np.mean(of_brightness) > 0.95 and np.min(of_brightness) > 0.85


@pytest.mark.parametrize("alpha", [0.3, 0.5, 1.0])
def test_the_scale_shows_the_colours_that_are_drawn(alpha):
    look = Look("jet", alpha)
    shown, scale = overlay(GREY, hot_cell(2, 5), look), drawn_scale(look)
    nearest = np.abs(shown.reshape(-1, 1, 3) - scale).max(-1).min(1)
    assert nearest.max() < 0.01
    np.testing.assert_allclose(shown[31, 0], scale[0], atol=1e-6)


def test_the_picture_below_a_map_shows_the_images_shapes_in_faint_grey():
    image = np.zeros((32, 32, 3), np.uint8)
    image[8:24, 8:24] = (255, 0, 0)
    shown = overlay(image, np.zeros((8, 8), np.float32), Look(overlay=0.0))
    assert (shown[..., 0] == shown[..., 1]).all() and (shown[..., 1] == shown[..., 2]).all()
    assert 0.05 < shown[16, 16, 0] - shown[0, 0, 0] < 0.2
    assert shown.mean() == pytest.approx(0.5)


@pytest.mark.parametrize(("side", "wide"), [(8, 1), (16, 1), (31, 1), (32, 3), (64, 5)])
def test_cells_too_small_to_be_seen_are_thickened(side, wide):
    raw_map = np.zeros((side, side), np.float32)
    raw_map[side // 2, side // 4] = 1
    image = np.full((side, side, 3), 128, np.uint8)
    hot = overlay(image, raw_map, Look("gray", 1.0))[..., 0] == 1
    assert hot.sum() == wide**2
    rows, columns = np.nonzero(hot)
    assert (rows.mean(), columns.mean()) == (side // 2, side // 4)


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ([(5, 8, 8), (5, 16, 16)], ""),
        ([(5, 8, 8), (5, 32, 32)], "32 × 32: each cell shows the highest of 3 × 3"),
    ],
)
def test_a_figure_says_where_it_thickens(monkeypatch, sizes, note):
    texts = []
    monkeypatch.setattr(Page, "text", lambda self, x, y, text, **_: texts.append(text))
    drawn_scale(Look(), cells=sizes)
    assert texts[-1] == note


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_flat_map_counts_as_zeros(value):
    shown = overlay(GREY, np.full((8, 8), value, np.float32), Look("jet", 1.0))
    np.testing.assert_allclose(shown, np.broadcast_to([0, 0, 0.5], shown.shape), atol=1e-3)


def test_examples_cover_every_class_before_any_comes_twice():
    labels = np.array([0] * 50 + [1] * 50 + [2] * 2, np.uint8)
    chosen = choose_examples(labels, np.ones(102, bool), count=4)
    assert sorted(set(labels[chosen])) == [0, 1, 2]
    assert len(set(chosen.tolist())) == 4
    assert (np.diff(labels[chosen].astype(int)) >= 0).all()


def test_examples_are_eligible_and_depend_on_the_seed_alone():
    labels = np.zeros(100, np.uint8)
    eligible = np.arange(100) % 3 == 0
    first, again, other = (choose_examples(labels, eligible, 5, seed) for seed in (1, 1, 2))
    assert eligible[first].all()
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_examples_are_as_many_as_there_are():
    assert len(choose_examples(np.zeros(9, np.uint8), np.arange(9) < 3)) == 3
    assert len(choose_examples(np.zeros(9, np.uint8), np.zeros(9, bool))) == 0


def test_gathering_aligns_maps_of_different_images():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((32, 32, 3), np.uint8)
    logits = np.eye(6, 3, dtype=np.float32)
    levels = np.arange(6, dtype=np.float32)[:, None, None] * np.ones((8, 8), np.float32)
    some = np.array([4, 1])
    predicted = Maps(levels, np.zeros(6, np.uint8), np.arange(6))
    true = Maps(10 * levels[some], np.zeros(2, np.uint8), some)
    masks = np.ones((1, 32, 32), bool)
    got = gather_explained(images, np.arange(6), logits, predicted, true, (np.array([4]), masks))
    assert got.image_index.tolist() == [1, 4]
    assert got.images[:, 0, 0, 0].tolist() == [1, 4]
    assert got.predicted_maps[:, 0, 0].tolist() == [1, 4]
    assert got.true_maps[:, 0, 0].tolist() == [10, 40]
    assert got.regions.any((1, 2)).tolist() == [False, True]


def test_equal_input_gives_equal_bytes_without_a_trace_of_the_program(tmp_path):
    for name in ("a.png", "b.png"):
        training.confusion_matrix(
            tmp_path / name, np.array([[3, 1], [0, 0]]), ["cat", "dog"], "test"
        )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert "Software" not in Image.open(tmp_path / "a.png").info


def test_settings_of_the_user_change_nothing(tmp_path):
    import matplotlib

    training.mean_image(tmp_path / "a.png", np.full((4, 4, 3), 0.5, np.float32), 9)
    with matplotlib.rc_context({"figure.facecolor": "red", "savefig.dpi": 30}):
        training.mean_image(tmp_path / "b.png", np.full((4, 4, 3), 0.5, np.float32), 9)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_published_losses_stand_beside_losses_with_their_penalty(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(training, "_draw_history", lambda *args, **_: drawn.append(args[1:3]))
    training.learning_curves(tmp_path / "a.png", HISTORY, 2, "test", PUBLISHED)
    (theirs, _), (ours, labels) = drawn
    assert [row["val_loss"] for row in theirs] == [2.0, 2.0]
    assert [row["val_loss"] for row in ours] == [2.5, 2.5]
    assert "test set" in labels[1]


@pytest.mark.parametrize("official", [True, False])
def test_what_data_h5_holds_decides_whether_a_published_curve_compares(
    tmp_path, monkeypatch, official
):
    write_history(tmp_path / "history.csv", HISTORY)
    (tmp_path / "metrics.json").write_text(
        json.dumps(
            {"accuracy": 0.5, "balanced_accuracy": 0.5, "loss": 1.0, "n": 9, "protocol": "holdout"}
            | SELECTED
            | SURENESS
        )
    )
    (tmp_path / "run.json").write_text(json.dumps(PROVENANCE))
    x, y = np.zeros((4, 32, 32, 3), np.uint8), np.zeros(4, np.uint8)
    write_dataset(tmp_path / "data.h5", LabelledImages(x, y, x, y, ("cat",)), {})
    if official:
        monkeypatch.setattr(
            figures_of_training, "dataset_compared_with_official", lambda data: Comparison(True, ())
        )
    drawn = []
    monkeypatch.setattr(training, "_draw_history", lambda *args, **_: drawn.append(args[2]))
    names = {"data": "data.h5", "history": "history.csv", "metrics": "metrics.json"}
    files = {key: tmp_path / name for key, name in {**names, "run": "run.json"}.items()}
    published = ROOT / "resources/published_history.csv"
    run = figures_of_training.TrainedRun(files | {"published": published}, "holdout")
    figures_of_training.learning_curves(tmp_path / "a.png", run)
    assert all(("not comparable" in label) == (not official) for label in drawn[0])


def test_a_published_curve_on_other_images_is_labelled_in_the_figure(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(training, "_draw_history", lambda *args, **_: drawn.append(args[2]))
    training.learning_curves(tmp_path / "a.png", HISTORY, 2, "test", PUBLISHED, "other images")
    assert all("other images" in label for label in drawn[0])
    assert not any("other images" in label for label in drawn[1])


def test_a_validation_curve_is_plain_cross_entropy(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(training, "_draw_history", lambda *args, **_: drawn.append(args[1:3]))
    training.learning_curves(tmp_path / "a.png", HISTORY, 2, "validation")
    ((ours, labels),) = drawn
    assert [row["loss"] for row in ours] == [2.0, 1.0]
    assert labels == ("training", "validation")


@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_without_a_choice_there_are_no_dashed_lines(tmp_path, monkeypatch, published):
    figures, keep = [], canvas._keep_pixels
    monkeypatch.setattr(
        canvas, "_keep_pixels", lambda figure: figures.append(figure) or keep(figure)
    )
    history = [{k: v for k, v in row.items() if not k.startswith("val_")} for row in HISTORY]
    training.learning_curves(tmp_path / "a.png", history, 2, "nothing", published)
    (figure,) = figures
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    theirs = ["published: training", "published: test set"] if published else []
    assert names == [*theirs, "training", "last epoch, kept"]
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert len(dashed) == (1 if published else 0)


def test_learning_curves_of_one_epoch_whose_rate_is_zero(tmp_path):
    training.learning_curves(tmp_path / "a.png", [HISTORY[0] | {"learning_rate": 0.0}], 1, "test")
    assert Image.open(tmp_path / "a.png").width == 1320


def test_hostile_names_and_flat_maps_are_drawn(tmp_path):
    names = [r"$\bad$", "<b>|`" * 20, "two\nlines"]
    flat = np.zeros((3, 8, 8), np.float32)
    wrong = explained([0, 1, 2], [1, 2, 0], maps=flat)
    examples.misclassified_examples(tmp_path / "a.png", wrong, names, Look())
    class_page(tmp_path / "c.png", 1, wrong, names, Look())
    assert Image.open(tmp_path / "c.png").width == 1320
    training.confusion_matrix(tmp_path / "b.png", np.eye(3, dtype=int), names, "test")
    assert Image.open(tmp_path / "a.png").width == 1320


def test_without_an_example_the_figure_says_so(tmp_path):
    examples.misclassified_examples(tmp_path / "a.png", explained([0], [0]), "abc", Look())
    examples.correct_examples(tmp_path / "b.png", explained([0], [0]), "abc", Look())
    empty, one = (Image.open(tmp_path / name) for name in ("a.png", "b.png"))
    assert np.asarray(empty.convert("L")).min() < 100  # some text, not a blank page
    assert empty.height < one.height


def test_the_surest_mistakes_come_first():
    logits = np.array([[3, 0, 0], [0, 9, 0], [0, 2, 0], [0, 0, 5]], np.float32)
    group = Maps(np.zeros((4, 2, 2), np.float32), np.zeros(4, np.uint8), np.arange(4, dtype="u4"))
    images = np.zeros((4, 4, 4, 3), np.uint8)
    shown = gather_explained(images, np.array([0, 0, 0, 1], np.uint8), logits, group, group)
    assert most_confidently_wrong(shown).tolist() == [1, 3, 2]
    assert most_confidently_wrong(shown, 1).tolist() == [1]


def test_columns_show_the_maps_of_the_image_in_their_row(tmp_path, monkeypatch):
    """Columns may hold maps of different parts of the test set."""
    drawn = []
    monkeypatch.setattr(side_by_side, "draw_overlay", lambda *args: drawn.append(args[2][0, 0]))
    shown = explained([0, 1, 2, 0], [0, 1, 2, 1])
    level = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((2, 2), np.float32)
    classes = np.zeros(4, np.uint8)
    columns = {
        "all": Maps(level, classes, np.arange(4, dtype=np.uint32)),
        "some": Maps(10 * level[[1, 3]], classes[:2], np.array([1, 3], np.uint32)),
    }
    side_by_side.side_by_side(tmp_path / "a.png", shown, columns, "abc", Look())
    assert sorted(zip(drawn[::2], drawn[1::2], strict=True)) == [(1, 10), (3, 30)]
    assert Image.open(tmp_path / "a.png").width == 1320


def test_class_means_are_of_stretched_maps_and_of_present_classes_only(tmp_path, monkeypatch):
    panels = []
    imshow = Axes.imshow
    monkeypatch.setattr(
        Axes, "imshow", lambda self, data, **k: panels.append(data) or imshow(self, data, **k)
    )
    maps = np.stack([hot_cell(0, 0), 5 * hot_cell(7, 7), 2 * hot_cell(0, 0)])
    group = Maps(maps, np.array([2, 2, 0], np.uint8), np.arange(3, dtype=np.uint32))
    labels = np.array([2, 2, 0], np.uint8)
    side_by_side.class_means(tmp_path / "a.png", labels, group, (32, 32), "abc", "inferno")
    first, second = panels[:2]
    assert first.max() == pytest.approx(1)
    assert second[0, 0] == pytest.approx(0.5) == second[31, 31]


def test_a_page_counts_the_recognised_the_missed_and_the_mistaken(tmp_path, monkeypatch):
    texts = []
    monkeypatch.setattr(Page, "text", lambda self, x, y, text, **_: texts.append(text))
    shown = explained([1] * 12 + [0, 2], [1] * 11 + [0] + [1, 2])
    class_page(tmp_path / "a.png", 1, shown, ["cat", "dog", "ox"], Look())
    assert texts[:3] == [
        "dog, predicted dog: 11",
        "dog, predicted another class: 1",
        "Another class, predicted dog: 1",
    ]


@pytest.mark.parametrize("regions", [0, 3])
def test_an_export_is_drawn_with_awkward_names_and_without_regions(tmp_path, regions):
    values = {f"$v{i}\n" * 9: 1 for i in range(40)}
    summary = {
        "file": "a.csv",
        "regions": regions,
        "shapes": {"point": 3},
        "attributes": {"class": values, "": {"": 3}},
        "unit": "pixels",
        "sides_px": [],
    }
    annotation_summary(tmp_path / "a.png", summary)
    assert Image.open(tmp_path / "a.png").width == 1320


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100%"),
        (0.9999, ">99%"),
        (0.994, "99%"),
        (0.37, "37%"),
        (0.005, "<1%"),
        (1e-9, "<1%"),
        (0, "0%"),
    ],
)
def test_only_all_is_a_hundred_percent(share, text):
    assert whole_percent(share) == text


def test_curves_and_cascades_are_drawn(tmp_path):
    curve = {"deletion": [1.0, 0.2], "insertion": [0.2, 1.0]}
    area = {"mean": 0.6, "low": 0.5, "high": 0.7}
    one = {"curves": curve, "deletion_auc": area, "insertion_auc": area}
    names = ("gradcam", "hirescam", "random", "centred_gaussian")
    scores = {"candidates": dict.fromkeys(names, one) | {"uniform": {"drop": area}}}
    trust.faithfulness_curves(tmp_path / "a.png", scores)
    parts = ["none", *(f"stage3_block{i}" for i in range(40, 0, -1)), "stem"]
    levels = [{"part": part, "correlation": area} for part in parts]
    index = np.arange(2, dtype=np.uint32)
    maps = [Maps(np.stack([hot_cell(1, 2)] * 2), index, index)] * len(levels)
    shown = explained([0, 1, 2], [0, 1, 2])
    scores = {"levels": levels, "other_image": area}
    trust.randomisation_cascade(tmp_path / "b.png", shown, scores, maps, "abc", Look())
    for name in ("a.png", "b.png"):
        assert Image.open(tmp_path / name).width == 1320


@pytest.mark.parametrize(("n", "seeds", "flat"), [(9, 2, 0), (30, 6, 3), (1, 2, 0), (2, 3, 2)])
def test_agreement_is_drawn_of_few_and_many_images_and_seeds(tmp_path, n, seeds, flat):
    random = np.random.default_rng(0)
    maps = {seed: random.random((n, 4, 4)).astype(np.float32) for seed in range(1, seeds + 1)}
    maps[2][:flat] = 1
    means = {key: {"correlation": {"mean": 0.2}} for key in ("same_image", "randomised")}
    scores = {"methods": {"gradcam": means | {"other_image": None}}}
    of_images = Agreement(random.uniform(-1, 1, n), random.random(n))
    grey = random.integers(0, 256, (n, 32, 32, 1), dtype=np.uint8)
    names = ["a name that is far too long for a small picture"] * n

    agreement.agreement_of_seeds(
        tmp_path / "a.png", grey, np.arange(n), names, maps, of_images, scores, Look()
    )

    assert Image.open(tmp_path / "a.png").width == 1320


def test_words_above_maps_of_four_seeds_are_not_cut_and_not_over_each_other(tmp_path, monkeypatch):
    words = []
    save = Figure.savefig

    def look(figure, *args, **kwargs):
        figure.canvas.draw()
        if not words:
            words.extend((one.get_text(), one.get_window_extent()) for one in figure.findobj(Text))
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", look)
    random = np.random.default_rng(0)
    maps = {seed: random.random((9, 4, 4), dtype=np.float32) for seed in range(1, 5)}
    means = {key: {"correlation": {"mean": 0.2}} for key in ("same_image", "randomised")}
    scores = {"methods": {"gradcam": means | {"other_image": None}}}
    of_images = Agreement(np.full(9, -0.25), np.ones(9))
    pixels = np.zeros((9, 16, 16, 3), np.uint8)
    names = ["aeroplane"] * 9
    agreement.agreement_of_seeds(
        tmp_path / "a.png", pixels, np.arange(9), names, maps, of_images, scores, Look()
    )

    above = [box for text, box in words if text.startswith("test ") and "ρ" in text]
    beside = [box for text, box in words if text == "seed 1"]
    named = [box for text, box in words if "aerop" in text]
    assert (len(above), len(beside), len(named)) == (9, 9, 9)
    assert all(box.x0 >= 0 for box in (*above, *named))
    for one in (*above, *named):
        assert not any(one.overlaps(other) for other in beside)


def test_methods_beyond_the_palette_have_colours_of_their_own(tmp_path, monkeypatch):
    drawn = []
    plot = Axes.plot
    monkeypatch.setattr(
        Axes, "plot", lambda self, *a, **k: drawn.append(k["color"]) or plot(self, *a, **k)
    )
    one = {
        "curves": {"deletion": [1.0, 0.2], "insertion": [0.2, 1.0]},
        "deletion_auc": {"mean": 0.6},
        "insertion_auc": {"mean": 0.6},
    }
    candidates = {f"method {number}": one for number in range(30)}
    trust.faithfulness_curves(tmp_path / "a.png", {"candidates": candidates})
    assert len(set(drawn)) == 30
    assert [len(set(distinct_colors(n))) for n in (0, 1, 6, 7, 100)] == [0, 1, 6, 7, 100]


def test_an_insertion_that_rises_above_all_deletions_is_drawn_whole(tmp_path, monkeypatch):
    tops = []
    close = Figure.savefig

    def note(figure, *arguments, **options):
        tops.extend(axes.get_ylim()[1] for axes in figure.axes)
        close(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", note)
    one = {
        "curves": {"deletion": [0.5, 0.1], "insertion": [0.1, 0.9]},
        "deletion_auc": {"mean": 0.3},
        "insertion_auc": {"mean": 0.5},
    }
    trust.faithfulness_curves(tmp_path / "a.png", {"candidates": {"gradcam": one}})
    assert min(tops) > 0.9


def test_figures_need_neither_keras_nor_pyplot():
    code = (
        "import sys; "
        "from resnetcam.report.figures import class_pages, examples, side_by_side, trust; "
        "from resnetcam.report.figures import training; "
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


def row_of(name, seconds, accuracy, protocol="holdout", **more):
    return {
        "experiment": name,
        "model": "resnet20v1",
        "recipe": name,
        "protocol": protocol,
        "training_seconds": seconds,
        "accuracy_mean": accuracy,
        "val_accuracy_mean": accuracy,
        "accuracy_std": None,
        "device": "a processor",
    } | more


def test_best_for_their_time_are_those_that_no_cheaper_one_beats():
    rows = [
        row_of("long", 300, 0.9),
        row_of("lucky", 200, 0.99, "test_selected"),
        row_of("short", 10, 0.6),
        row_of("same time, worse", 10, 0.5),
        row_of("dear and bad", 200, 0.6),
        row_of("middle", 100, 0.8),
        row_of("lucky on the test set", 50, 0.99, val_accuracy_mean=0.6),
        row_of("of all images", 5, 0.99, "full", val_accuracy_mean=None),
    ]

    best = comparison.best_for_their_time(rows)

    assert [row["experiment"] for row in best] == ["short", "middle", "long"]


@pytest.mark.parametrize(
    "rows",
    [
        [row_of("$one$", 5.0, 0.5)],
        [row_of("only", 5.0, 0.5, "test_selected", accuracy_std=0.1)],
        [row_of(f"recipe {n}", 10.0**n, 0.1 * n, model=f"m{n}") for n in range(1, 10)],
        [row_of(f"recipe {n}", 1.1**n, 0.01 * n, model=f"m{n}") for n in range(1, 30)],
        [row_of("here", 5.0, 0.5), row_of("there", 5.0, 0.5, device="another")],
        [row_of(f"m{n}", 5.0 + n, 0.5, "full", val_accuracy_mean=None) for n in range(8)],
    ],
)
def test_accuracy_against_cost_draws_one_many_and_odd_ones(tmp_path, rows):
    comparison.accuracy_against_cost(tmp_path / "a.png", rows)
    comparison.accuracy_against_cost(tmp_path / "b.png", rows)

    assert Image.open(tmp_path / "a.png").size[0] == 1320
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def a_notebook(folder):
    return {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def settings_of_the_environment(folder):
    (folder / "rc").write_text("backend: none\nfont.size: 30\nsavefig.facecolor: red\nx: y\n")
    return {"MATPLOTLIBRC": str(folder / "rc")}


def settings_beside_the_work(folder):
    (folder / "matplotlibrc").write_bytes(b"\xff\xfe")
    return {"MATPLOTLIBRC": "/nowhere"}


def settings_and_styles_of_the_user(folder):
    (folder / "stylelib").mkdir()
    for name in ("matplotlibrc", "stylelib/mine.mplstyle"):
        (folder / name).write_bytes(b"\xff\xfe")
    return {"MPLCONFIGDIR": str(folder)}


def no_home(folder):
    return {"HOME": "/dev/null", "MPLCONFIGDIR": "/dev/null/x"}


@pytest.mark.parametrize(
    "hostile",
    [
        a_notebook,
        settings_of_the_environment,
        settings_beside_the_work,
        settings_and_styles_of_the_user,
        no_home,
    ],
)
def test_drawing_takes_nothing_from_the_users_environment(tmp_path, hostile):
    code = (
        "import sys; from resnetcam.report.figures import training; "
        "training.confusion_matrix(sys.argv[1], __import__('numpy').eye(2), ['cat', 'dog'], 'test')"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "theirs.png"],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)} | hostile(tmp_path),
    )
    training.confusion_matrix(tmp_path / "ours.png", np.eye(2), ["cat", "dog"], "test")
    assert (tmp_path / "theirs.png").read_bytes() == (tmp_path / "ours.png").read_bytes()


def test_fillings_tell_what_chose(tmp_path, monkeypatch):
    figures, keep = [], canvas._keep_pixels
    monkeypatch.setattr(
        canvas, "_keep_pixels", lambda figure: figures.append(figure) or keep(figure)
    )
    protocols = ("holdout", "test_selected", "full")
    rows = [row_of(one, 5.0 + n, 0.5, one, recipe="same") for n, one in enumerate(protocols)]
    rows[2]["val_accuracy_mean"] = None
    comparison.accuracy_against_cost(tmp_path / "a.png", rows)
    (figure,) = figures
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    fillings = [(point.get_fillstyle(), point.get_markerfacecolor()) for point in points]
    (whole, colour), (_, hollow), (half, left) = fillings
    assert (whole, hollow, half) == ("full", PAPER, "left") and left == colour
    legend, names = ([text.get_text() for text in one.get_texts()] for one in figure.legends)
    assert legend == ["recipe same", "test-selected", "trained on all images, nothing chosen"]
    assert names == [
        "1  holdout: 50.0%",
        "2  test_selected: 50.0% (test-selected)",
        "3  full: 50.0% (trained on all images)",
    ]


def test_recipes_beyond_the_palette_have_colours_and_markers_of_their_own(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(comparison, "_draw_point", lambda _, row, *look: drawn.append(look))
    rows = [row_of(f"recipe {n}", 5.0 + n, 0.5, model=f"m{n}") for n in range(30)]
    comparison.accuracy_against_cost(tmp_path / "a.png", rows)
    colours, markers = zip(*drawn, strict=True)
    assert len(set(colours)) == len(set(markers)) == 30


@pytest.mark.parametrize("seeds", [{1: 0.97}, {3: 1.0, 5: 0.98, 7: 0.95}, {1: 0.0}])
def test_no_axis_goes_where_no_accuracy_can_be(tmp_path, monkeypatch, seeds):
    figures = []
    monkeypatch.setattr(canvas, "_keep_pixels", figures.append)
    std = 0.02 if len(seeds) > 1 else None
    row = row_of("only", 5.0, float(np.mean([*seeds.values()])), accuracy_std=std)
    baselines = {"most frequent class": 0.1, "linear classifier": 0.4}
    comparison.accuracy_of_one(tmp_path / "a.png", row, seeds, 1000, baselines)
    comparison.accuracy_against_cost(tmp_path / "b.png", [row, row_of("b", 9.0, 1.0)])
    (bars, close), (cost,) = (figure.axes for figure in figures)
    for low, high in (bars.get_xlim(), close.get_xlim(), cost.get_ylim()):
        assert -0.005 < low < high < 1.005
    widths = [bar.get_width() for bar in bars.patches]
    assert widths == [0.1, 0.4, row["accuracy_mean"]]
    assert [label.get_text() for label in close.get_yticklabels()] == [f"seed {s}" for s in seeds]
    # Each interval is told apart on its axis, which a whole axis from 0 to 1 would not show.
    points = [line.get_xdata()[0] for line in close.lines if line.get_marker() == "o"]
    assert points == [*seeds.values()]
    assert close.get_xlim()[1] - close.get_xlim()[0] < 0.15
    assert (len(close.patches) == 1) is (std is not None)


def test_matplotlib_is_imported_where_nothing_of_the_users_reaches_it():
    room = ROOT / "scripts/resnetcam/report/figures"
    importers = [
        path
        for path in (ROOT / "scripts").rglob("*.py")
        if re.search(r"^\s*(?:import|from) matplotlib", path.read_text(), re.MULTILINE)
    ]
    assert len(importers) > 5 and all(path.is_relative_to(room) for path in importers)
