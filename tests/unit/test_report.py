"""The report: comparison, numbers in words, labels, links, escaping, one self-contained page."""

import base64
import csv
import dataclasses
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from small_metrics import SURENESS
from small_shift import further_set, shift

from resnetcam.common.errors import DamagedFileError
from resnetcam.data.chance import share_of_the_most_frequent_class
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.data.protocols import selected_on
from resnetcam.evaluation.classes import scores_of_classes, write_scores_of_classes
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.evaluation.predictions import write_predictions
from resnetcam.explain.agreement import compare_seeds
from resnetcam.report import about_data, experiment
from resnetcam.report.comparison import (
    RunFiles,
    best_by_validation,
    compare,
    files_of_run,
    read_comparison,
    read_run,
    write_comparison,
)
from resnetcam.report.config_files import Call
from resnetcam.report.context import ReportInputs, write_report
from resnetcam.report.figure_names import CLASS_PAGES, FIGURES
from resnetcam.report.html import to_html
from resnetcam.report.references import bibtex
from resnetcam.report.text import (
    escaped,
    fenced,
    flattened,
    headline,
    percent,
    relative_link,
)
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.layouts import LAYOUTS
from resnetcam.sources.official import ARCHIVES, Comparison
from resnetcam.training.history import read_history, read_own_history, write_history
from resnetcam.workflow.closing_words import closing_words

ROOT = Path(__file__).parents[2]
EXPERIMENTS = {
    name: {"model": "resnet20v1", "recipe": recipe, "sweep": None, "overrides": {}}
    for name, recipe in (("fast", "short"), ("published", "long"))
}
HOSTILE = [
    "<script>alert(1)</script>",
    "a|b",
    "x](http://evil.example)",
    "``` `tick",
    "**bold** _it_",
    "![i](http://evil.example/i.png)",
    "<!-- gone",
    "&lt;b&gt;",
    "line\nbreak\u202e",
    "\\`",
]


def draw(path):
    """An empty figure, as PNG and as SVG."""
    Image.new("RGB", (2, 2)).save(path)
    path.with_suffix(".svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"></svg>')


def intervals(mean, first=None):
    around = {"mean": mean, "low": mean - 0.02, "high": mean + 0.02}
    return around if first is None else around | {"minus_first": intervals(mean - first)}


CITATION = {
    "title": "a workflow",
    "version": "1.2",
    "authors": [{"name": "Ada Lovelace"}, {"name": "The Makers"}],
    "repository": None,
}
HARDWARE = {"device": "cpu", "device_name": "A | B", "precision": "float32", "threads": 2}


def scores(maps, gaussian, uniform):
    rows = {"gradcam": maps, "random": 0.1, "centred_gaussian": gaussian, "uniform": uniform}
    candidates = {
        name: {
            "zero_maps": 1,
            "pointing_game": intervals(value, first),
            "energy_inside": intervals(value, first),
        }
        for name, value in rows.items()
        for first in [None if name == "gradcam" else maps]
    }
    whole = {"n": 1000, "zero_maps": 3} | {
        metric: intervals(0.66) for metric in ("pointing_game", "energy_inside")
    }
    return {"n": 400, "candidates": candidates, "all_known": whole}


def faithfulness(deletion, insertion):
    masked = {name: intervals(0.3) for name in ("drop", "increase", "shown")}
    both = {
        "gradcam": (deletion, insertion),
        "other_image": (0.35, 0.45),
        "random": (0.4, 0.3),
        "centred_gaussian": (0.3, 0.6),
    }
    candidates = {
        name: {
            "deletion_auc": intervals(low, None if name == "gradcam" else deletion),
            "insertion_auc": intervals(high, None if name == "gradcam" else insertion),
            "road": intervals((high - low) / 2, None if name == "gradcam" else 0.2),
            "flat_maps": 17,
            "curves": {"deletion": [high, low], "insertion": [low, high]},
            **masked,
        }
        for name, (low, high) in both.items()
    }
    return {
        "n": 1000,
        "steps": 16,
        "layer": "stage3_block3_out",
        "choice": "predicted",
        "candidates": candidates | {"uniform": masked},
    }


def write_run(folder, experiment, seed, accuracy, protocol="holdout"):
    run = folder / experiment / f"seed{seed}"
    (run / "figures").mkdir(parents=True)
    for name in (*FIGURES, *CLASS_PAGES):
        draw(run / "figures" / f"{name}.png")
    measured = {} if protocol == "full" else {"val_accuracy": 0.5, "val_loss": 1.0}
    epochs = [{"epoch": e, **measured} for e in (1, 2)]
    metrics = {
        "accuracy": accuracy,
        "balanced_accuracy": 0.8,
        **SURENESS,
        "loss": 0.5,
        "n": 10_000,
        "protocol": protocol,
        "selected_on": selected_on(protocol),
        "selected_epoch": 2,
        "best": epochs[0] if measured else None,
        "last": {"val_accuracy": None, "val_loss": None, **epochs[1]},
    }
    recipe = {"epochs": 2, "progressive_resizing": []}
    provenance = {
        "commit": "0123456789abcdef" * 2 + "-dirty",
        "finished": f"2026-11-{20 + seed}T06:17:18+00:00",
        "hardware": [HARDWARE],
        "versions": {"keras": "3.15.1"},
        "fingerprint": "f" * 32,
        "ingredients": {"model": {"depth": 20}, "recipe": recipe, "protocol": protocol},
        "resumed_after": [],
        "training_images": 45_000,
        "parameters": 274_442,
    }
    (run / "metrics.json").write_text(json.dumps(metrics))
    (run / "run.json").write_text(json.dumps(provenance))
    rows = [
        e | dict.fromkeys(("learning_rate", "loss", "penalty", "accuracy"), 0.1) for e in epochs
    ]
    write_history(run / "history.csv", [row | {"seconds": 20.0 * row["epoch"]} for row in rows])
    localisation = scores(0.7, 0.5, 0.2) | {
        "region_share": 0.2,
        "layer": "stage3_block3_out",
        "choice": "true",
        "problems": ["test_1.png: bad <b>"],
    }
    randomisation = {
        "n": 1000,
        "group": ["gradcam", "stage3_block3_out", "true"],
        "compared": 980,
        "other_image": intervals(0.21),
        "levels": [{"part": "stem", "correlation": intervals(0.07), "flat_maps": 30}],
    }
    (run / "localisation.json").write_text(json.dumps(localisation))
    (run / "faithfulness.json").write_text(json.dumps(faithfulness(0.1, 0.7)))
    (run / "randomisation.json").write_text(json.dumps(randomisation))
    names = ("metrics.json", "run.json", "history.csv", "predictions.h5")
    names += ("confusions.csv", "classes.csv", "mistakes.csv")
    names += ("faithfulness.json", "randomisation.json", "figures")
    of_experiment = write_label_candidates(folder / experiment)
    of_run = [run / name for name in names]
    return RunFiles(experiment, seed, *of_run, of_experiment, run / "localisation.json")


def write_label_candidates(folder, candidates=3, seeds=(1,), held_out=True, without=0.95):
    """Of three sets, or two; of 100 images of each."""
    name = {"class": "c|at", "images": 100, "candidates": candidates, "estimated_share": 0.04}
    sets = {
        key: {"images": 100, "candidates": candidates, "estimated_share": share, "classes": [name]}
        for key, share in (("test", 0.04), ("held_out", 0.05), ("training", None))
        if held_out or key != "held_out"
    }
    rest = {"n": 97, "mean": without, "seeds": [without]}
    content = {
        "seeds": list(seeds),
        "sets": sets,
        "accuracy": {"n": 100, "mean": 0.9, "seeds": [0.9]},
        "accuracy_without_candidates": without and rest,
    }
    path = folder / "label_candidates.json"
    path.write_text(json.dumps(content))
    path.with_suffix(".csv").write_text("set\n")
    draw(path.with_suffix(".png"))
    return path


NOTHING_NOTED: dict[str, object] = {"twins": [], "removed": 0, "unreadable": [], "ignored": []}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder; returns a function that writes a report and returns (markdown, page)."""
    folder = tmp_path / "my results"
    folder.mkdir()
    rng = np.random.default_rng(0)

    def write(class_names, archive, runs=None, into=folder, deviations=(), **more):
        labels = np.arange(4 * len(class_names), dtype=np.uint8) % len(class_names)
        pixels = rng.integers(0, 255, (len(labels), 4, 4, 3), np.uint8)
        images = LabelledImages(pixels, labels, pixels, labels, tuple(class_names))
        write_dataset(folder / "data.h5", images, make_splits(images, len(class_names), 0))
        official = archive.pop("official")
        if official is not None:
            found = Comparison(official, deviations)
            monkeypatch.setattr(about_data, "dataset_compared_with_official", lambda data: found)
        (folder / "source.json").write_text(json.dumps(archive))
        (folder / "images.json").write_text(json.dumps(NOTHING_NOTED | more.pop("noted", {})))
        runs = [write_run(folder, "fast", 1, 0.9)] if runs is None else runs
        for run in runs:
            logits = np.eye(len(class_names), dtype=np.float32)[labels]
            logits[more.get("wrong", [])] = 0  # so the first class is named
            write_predictions(run.predictions, {"test": (logits, labels)})
            run.confusions.write_text("true_class,predicted_class,images,share\n")
            run.mistakes.write_text("test_image,file,true_class,predicted_class,probability\n")
            counts = np.eye(len(class_names), dtype=np.int64) + 1
            write_scores_of_classes(run.classes, scores_of_classes(counts, class_names))
        more.pop("wrong", None)
        (folder / "baseline.json").write_text(json.dumps({"accuracy": 0.41}))
        inputs = ReportInputs(
            dataset=more.pop("dataset", "cifar10"),
            experiments=EXPERIMENTS,
            runs=runs,
            source=folder / "source.json",
            notes=folder / "images.json",
            data=folder / "data.h5",
            baseline=folder / "baseline.json",
            settings=more.pop("settings", {"split_seed": 7, "gradcam": {"steps": 16}}),
            config=more.pop("config", "dataset: cifar10\n"),
            explorer=more.pop("explorer", folder / "explorer.html"),
            citation=CITATION,
            **more,
        )
        write_report(inputs, ROOT / "report", into / "report.md", into / "report.html")
        return tuple((into / f"report.{kind}").read_text("utf-8") for kind in ("md", "html"))

    write.folder = folder
    return write


def archive(official=True, **more):
    return {
        "path": "/x/a.tar.gz",
        "sha256": "c4" * 32,
        "official": official,
        "origin": "archive",
    } | more


class Page(HTMLParser):
    """Collects every tag with its attributes, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_comparison_takes_the_sample_standard_deviation(tmp_path):
    runs = [
        write_run(tmp_path, "fast", 1, 0.90),
        write_run(tmp_path, "fast", 2, 0.92),
        write_run(tmp_path, "published", 1, 0.88, "test_selected"),
    ]
    rows = compare(map(read_run, runs), EXPERIMENTS)
    write_comparison(tmp_path / "c.csv", rows)
    fast, published = csv.DictReader((tmp_path / "c.csv").open())
    assert float(fast["accuracy_std"]) == pytest.approx(0.02 / 2**0.5)
    assert float(fast["accuracy_mean"]) == pytest.approx(0.91)
    assert (fast["seeds"], fast["n_seeds"], fast["seconds_per_epoch"]) == ("1 2", "2", "40.0")
    assert (published["accuracy_std"], published["protocol"]) == ("", "test_selected")
    assert (published["recipe"], published["epochs"]) == ("long", "2")
    assert (fast["training_seconds"], fast["val_accuracy_mean"]) == ("60.0", "0.5")
    assert read_comparison(tmp_path / "c.csv") == rows


def test_files_of_a_run_are_found_in_its_folder(tmp_path):
    files = write_run(tmp_path, "fast", 12, 0.9)
    assert files_of_run(tmp_path / "fast/seed12", localised=True) == files
    assert files_of_run(tmp_path / "fast/seed12").localisation is None


def test_wilson_interval_against_published_values():
    # Newcombe 1998, table I, method 3.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_headline_names_interval_baseline_and_chance():
    row = {
        "experiment": "fast",
        "accuracy_mean": 0.9,
        "accuracy_std": None,
        "protocol": "holdout",
        "n_seeds": 1,
    }
    text = " ".join(headline(row, 10_000, 0.41, 0.1))
    for part in ("90.00% of 10,000", "89.40% to 90.57%", "held-out", "41.00%", "10.00%"):
        assert part in text
    assert "±" not in text
    assert "worse than the linear" not in text
    assert "worse than the linear classifier" in " ".join(headline(row, 10_000, 0.91, 0.1))


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_is_shown_as_it_is(name):
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    page = Page(parser.render(f"| a | {escaped(name)} | **b** |\n|---|---|---|\n"))
    shown = " ".join(name.replace("\u202e", " ").split())
    assert shown in page.text
    assert [tag for tag, _ in page.tags] == ["table", "thead", "tr", "th", "th", "th", "strong"]


@pytest.mark.parametrize("name", ["- a", "+ a", "1. a", "12) a", "-", "---", "===", "- - -", "7."])
@pytest.mark.parametrize("before", ["- ", "A line\n"])
def test_escaped_text_begins_no_list_rule_or_heading(before, name):
    parser = MarkdownIt("commonmark")
    page, plain = (parser.render(f"{before}{text}") for text in (escaped(name), "a name"))
    assert page == plain.replace("a name", name)


@pytest.mark.parametrize("name", ["-3.2", "+4.00", "1.5", "می\u200cخواهم", "👨\u200d👩\u200d👧"])
def test_numbers_and_joined_letters_are_not_escaped(name):
    assert escaped(name) == name


@pytest.mark.parametrize("text", ["a\n```\n# no", "````\nx", "plain"])
def test_a_fence_cannot_be_closed_from_inside(text):
    (token,) = MarkdownIt().parse(fenced(text, "sh"))
    assert token.content == text + "\n"


def test_numbers_are_written_for_people():
    assert (percent(0.91254), percent(0.91254, 600)) == ("91.3%", "91.3%")
    assert percent(0.91254, 10_000) == "91.25%"
    assert flattened({"a": {"b": 0.1, "c": None}}) == ["a.b: 0.1", "a.c: none"]


def test_links_are_relative_and_encoded(tmp_path):
    link = relative_link(tmp_path / "a b" / "c)(.png", tmp_path / "deep" / "er")
    assert link == "../../a%20b/c%29%28.png"


def test_first_line_names_an_unofficial_archive(results):
    markdown, _ = results(["cat", "dog"], archive(official=False))
    first = markdown.splitlines()[0]
    assert first.startswith("> ")
    assert "c4" * 32 in first
    assert "cannot be compared with published CIFAR-10" in first


def test_first_line_names_what_is_not_as_in_the_official_data_set(results):
    wrong = ("data_batch_2 is not the official one", "test_batch holds another")
    markdown, _ = results(["cat", "dog"], archive(official=False), deviations=wrong)
    first = Page(MarkdownIt().render(markdown.splitlines()[0])).text
    assert f"): {'; '.join(wrong)}. The accuracies below cannot be compared" in first


def test_the_images_in_data_h5_decide_and_not_the_hash_of_the_archive(results):
    markdown, _ = results(["cat", "dog"], archive(None, sha256=next(iter(ARCHIVES))))
    assert markdown.startswith("> **Not the official CIFAR-10**")


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "cifar10"])
@pytest.mark.parametrize("is_official", [True, False])
def test_other_data_sets_are_told_by_their_files(results, name, is_official):
    layout = LAYOUTS[name]
    sha256 = list(layout.archives)[-1] if is_official else "0" * 64
    markdown, _ = results(["cat", "dog"], archive(None, layout=name, sha256=sha256), dataset=name)
    first = markdown.splitlines()[0]
    assert first.startswith(f"> **Not the official {layout.title}**") != is_official
    claim = f"By the digests of its files it is the official {layout.title}."
    assert (claim in markdown) == is_official
    assert "CIFAR-10" not in markdown.replace(layout.title, "")


def test_the_published_run_is_not_comparable_with_other_official_images(results):
    source = archive(None, layout="mnist", sha256=LAYOUTS["mnist"].sha256)
    log = ROOT / "resources/published_history.csv"
    markdown, _ = results(["cat", "dog"], source, published_history=log)
    assert "(other images: not comparable)" in markdown


@pytest.mark.parametrize(("official", "drawn"), [(True, False), (False, True)])
def test_other_archives_get_no_warning_and_drawn_ones_a_sentence(results, official, drawn):
    origin = "drawn" if drawn else "archive"
    markdown, _ = results(["cat", "dog"], archive(official=official, origin=origin))
    assert markdown.startswith("# Report: cifar10, experiment fast\n")
    assert ("drawn by this workflow itself" in markdown) == drawn


def twin(test):
    return {"test": test, "train": 0, "correlation": 0.95}


def test_accuracy_with_and_without_twins_is_told(results):
    noted = {"twins": [twin(1), twin(1), twin(2)]}
    markdown, _ = results("abc", archive(), noted=noted, wrong=[2, 4])
    assert "**Near-duplicates (`twins`).** 2 test images look like a training image" in markdown
    assert "`twins: remove` leaves the similar training images out" in markdown
    row = next(line for line in markdown.splitlines() if line.startswith("| fast, seed 1 |"))
    assert "| 90.0% of 10 | 50.0% of 2 |" in row


def test_pairs_of_twins_are_named_by_their_files(results):
    pair = twin(1) | {"test_file": "a_b.png", "train_file": "c.png"}
    markdown, _ = results("abc", archive(), noted={"twins": [pair]})
    assert "The first: a\\_b.png and c.png." in markdown


@pytest.mark.parametrize(
    ("noted", "warned"), [({"brightest": 15}, 1), ({"brightest": 64}, 0), ({}, 0)]
)
def test_dark_images_are_warned_of(results, noted, warned):
    markdown, _ = results("abc", archive(), noted=noted)
    said = "**Dark.** The brightest pixel of all images is 15 of 255."
    assert (markdown.count(said), markdown.count("**Dark.**")) == (warned, warned)


def test_twins_that_did_not_train_are_told(results):
    markdown, _ = results("abc", archive(), noted={"twins": [twin(1)], "removed": 1})
    assert "That training image was left out" in markdown


def test_without_twins_nothing_is_said_of_them(results):
    assert "Near-duplicates" not in results("abc", archive())[0]


def test_files_that_were_left_out_are_listed_as_the_text_that_their_names_are(results):
    noted = {
        "unreadable": [{"path": "/x/<b>a\n|.png", "reason": "damaged (<i>)"}] * 25,
        "ignored": ["/x/*readme*"],
    }
    markdown, page = results("abc", archive(origin="files", official=False), noted=noted)
    assert "Not the official" not in markdown
    assert "25 files could not be read and were left out" in markdown
    assert "and 5 more, in [images.json](images.json)" in markdown
    text = Page(page)
    assert "/x/<b>a\\n|.png" in text.text
    assert "damaged (<i>)" in text.text
    assert not [tag for tag, _ in text.tags if tag in ("b", "i")]
    assert "/x/*readme*" in text.text


def test_of_classes_of_one_size_no_balanced_accuracy_is_told(results):
    assert "balanced accuracy" not in results("abc", archive())[0]


def test_of_many_classes_those_with_most_mistakes_have_a_page(results):
    names = [f"class {index}" for index in range(30)]
    markdown, _ = results(names, archive(), wrong=[29, 59, 28])
    assert "Class pages of the 10 classes that take part in most mistakes" in markdown
    line = next(line for line in markdown.splitlines() if line.startswith("Class pages"))
    assert "[class 0](" in line
    assert "[class 28](" in line
    assert "[class 29](" in line
    assert "[class 15](" not in line


def test_numbers_chosen_on_the_test_set_are_labelled(results):
    runs = [
        write_run(results.folder, "published", 1, 0.88, "test_selected"),
        write_run(results.folder, "fast", 1, 0.9),
    ]
    metrics = json.loads(runs[0].metrics.read_text())
    metrics["best"]["val_accuracy"] = metrics["last"]["val_accuracy"] + 0.1
    runs[0].metrics.write_text(json.dumps(metrics))
    markdown, _ = results(["cat", "dog"], archive(), runs)
    rows = [
        line for line in markdown.splitlines() if line.startswith(("| fast |", "| published |"))
    ]
    assert [" (test-selected) |" in row for row in rows] == [True, False]
    assert "**fast classifies 90.0%" in markdown  # the headline is no test-selected one
    assert "in the last (2) (no images were held out): choosing the epoch" in markdown
    assert "choosing the epoch on these very images is worth 10.00 points, which" in markdown


@pytest.fixture
def swept(results):
    """Experiments in a results folder: `fast`, and a sweep of 25 that differ in their rate."""
    runs = [write_run(results.folder, "fast", 1, 0.9)]
    experiments = dict(EXPERIMENTS)
    for number in range(25):
        name = f"rates-peak_{number}"
        settings = {"sweep": "rates", "overrides": {"schedule.peak": float(number)}}
        experiments[name] = EXPERIMENTS["fast"] | settings
        runs.append(write_run(results.folder, name, 1, 0.5 + number / 100))
        history = [row | {"val_accuracy": 0.8 - number / 100} for row in read_run(runs[-1]).history]
        write_history(runs[-1].history, history)
    return runs, experiments


def test_a_column_for_each_setting_that_a_sweep_varies(swept, tmp_path):
    runs, experiments = swept
    rows = compare(map(read_run, runs), experiments)
    write_comparison(tmp_path / "c.csv", rows)

    fast, first, second, *_ = csv.DictReader((tmp_path / "c.csv").open())
    assert [row["schedule.peak"] for row in (fast, first, second)] == ["", "0.0", "1.0"]
    assert [row["sweep"] for row in (fast, first)] == ["", "rates"]


def test_all_hardware_and_all_interruptions_of_a_training_are_told(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    call = Call(snakefile="../flow/Snakefile", in_module=True)
    markdown, _ = results(["cat", "dog"], archive(), [run], call=call, target="a.md")
    assert "\nsnakemake a.md --snakefile ../flow/Snakefile --cores 4\n" in markdown

    provenance = json.loads(run.provenance.read_text())
    gpu = {"device": "gpu", "device_name": "G", "precision": "bfloat16", "threads": 8}
    places = [{"epochs": epochs, "steps": 0} for epochs in (0, 1)]
    changes = {"hardware": [HARDWARE, gpu], "resumed_after": places}
    run.provenance.write_text(json.dumps(provenance | changes))

    markdown, _ = results(["cat", "dog"], archive(), [run])

    assert "B, then gpu: G | float32, then bfloat16 | 2, then 8 |" in markdown
    assert "(interrupted in epoch 1, 2) |" in markdown


def test_epochs_on_smaller_images_are_told(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "smaller" not in markdown and "small images" not in markdown

    provenance = json.loads(run.provenance.read_text())
    resizing = [{"scale": 0.75, "share": 0.5}]
    provenance["ingredients"]["recipe"]["progressive_resizing"] = resizing
    run.provenance.write_text(json.dumps(provenance))
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "In the first epoch (shaded), the training images were smaller" in markdown
    assert "which takes longer to begin; they include small images" in markdown


def test_epochs_that_left_easy_images_out_are_told_and_counted_by_what_they_saw(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    provenance = json.loads(run.provenance.read_text())
    provenance["ingredients"]["recipe"]["skip_easy"] = 0.5
    run.provenance.write_text(json.dumps(provenance))
    history = read_own_history(run.history)
    write_history(run.history, [row | {"images": 1000} for row in history])

    markdown, _ = results(["cat", "dog"], archive(), [run])

    assert "Some epochs left easy images out" in markdown
    seen = f"{1000 * len(history):,}"
    assert f"({seen} images were seen in all; easy ones were left out): 90" in markdown
    seconds = history[-1]["seconds"]
    assert f" | {1000 / seconds:,.0f} | " in markdown


def test_nothing_is_said_of_easy_images_where_none_was_left_out(results):
    """As in a training of two epochs, or of images that were all as hard."""
    run = write_run(results.folder, "fast", 1, 0.9)
    provenance = json.loads(run.provenance.read_text())
    provenance["ingredients"]["recipe"]["skip_easy"] = 0.5
    run.provenance.write_text(json.dumps(provenance))
    everyone = provenance["training_images"]
    history = read_own_history(run.history)
    write_history(run.history, [row | {"images": everyone} for row in history])
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "easy" not in markdown.replace("skip_easy", "")


def test_the_command_gives_the_threads_and_the_device_of_the_runs(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    call = Call(overlays=["my file.yaml"])
    more = {"unusual": {"precision": "float32"}, "call": call, "target": "a.md"}
    markdown, _ = results(["cat", "dog"], archive(), [run], **more)
    settings = "--config dataset=cifar10 precision=float32"
    threads = "--cores 4 --set-threads train=2"
    command = f"snakemake a.md {threads} --configfile 'my file.yaml' {settings}"
    assert f"\n{command} device=cpu\n" in markdown

    call = Call(snakefile="../flow/Snakefile", in_module=True)
    markdown, _ = results(["cat", "dog"], archive(), [run], call=call, target="a.md")
    assert "\nsnakemake a.md --snakefile ../flow/Snakefile --cores 4\n" in markdown

    provenance = json.loads(run.provenance.read_text())
    gpu = {"device": "gpu", "device_name": "G", "precision": "bfloat16", "threads": 8}
    run.provenance.write_text(json.dumps(provenance | {"hardware": [gpu]}))
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "\nsnakemake --cores 8 --set-threads train=8 --config dataset=cifar10\n" in markdown
    assert "different numbers of threads" not in markdown


def test_the_explorer_is_linked_where_it_lies_or_not_at_all(results):
    below = results.folder / "fast"
    runs = [write_run(results.folder, "fast", 1, 0.9)]
    for text in results(["cat", "dog"], archive(), runs, into=below):
        assert "../explorer.html" in text
        assert "in the folder above as soon as all experiments are finished" in text
        assert "beside this file" not in text
    markdown, page = results(["cat", "dog"], archive(), runs, explorer=None)
    assert "explorer" not in markdown and "To look at" in markdown
    assert "explorer" not in page and "To look at" not in page


def test_trainings_with_different_numbers_of_threads_are_told(results):
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed in (1, 2)]
    provenance = json.loads(runs[1].provenance.read_text())
    (hardware,) = provenance["hardware"]
    provenance |= {"hardware": [hardware | {"threads": 6}]}
    runs[1].provenance.write_text(json.dumps(provenance))
    markdown, _ = results(["cat", "dog"], archive(), runs)
    assert "\nsnakemake --cores 6 --config dataset=cifar10 device=cpu\n" in markdown
    assert "different numbers of threads (2, 6, above)" in markdown
    module, _ = results(["cat", "dog"], archive(), runs, call=Call(in_module=True), target="a.md")
    assert "different numbers of threads" not in module
    assert "--set-threads train=2" in markdown


@pytest.mark.parametrize(
    ("commits", "told"),
    [
        (["a" * 40], f"at commit {'a' * 40}, with the same config"),
        (["a" * 40, "b" * 40], "at each run's commit above, with"),
        (["a" * 40 + "-dirty"], "with the code that made the runs (it differs from the commit"),
        (["a" * 40, "unknown"], "with the code that made the runs (the commit is unknown)"),
    ],
)
def test_a_commit_is_promised_only_where_it_is_the_whole_answer(results, commits, told):
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed, _ in enumerate(commits, 1)]
    for run, commit in zip(runs, commits, strict=True):
        provenance = json.loads(run.provenance.read_text())
        run.provenance.write_text(json.dumps(provenance | {"commit": commit}))
    markdown, _ = results(["cat", "dog"], archive(), runs)
    assert f"In the folder where Snakemake ran, {told}" in markdown


def test_a_mean_over_seeds_is_told_from_the_seed_that_is_looked_at(results):
    runs = [write_run(results.folder, "fast", s, a) for s, a in ((1, 0.9), (2, 0.92), (3, 0.86))]
    markdown, page = results(["cat", "dog"], archive(), runs)
    assert "89.3% of the test images are classified correctly, on average over 3 seeds." in markdown
    assert "| 1 | 90.0% | 50.0% | 0.500 | 4.00% |" in markdown
    assert "| 3 | 86.0% |" in markdown and "What follows is of seed 1, unless it says" in markdown
    assert "accuracy, loss and training time are means over them" in markdown
    heading = "| Class | Test images | Recall | Precision | F1 | F1 of all seeds |"
    rows = markdown.partition(heading)[2].splitlines()[2:4]
    assert all(row.count("%, ") == 2 for row in rows)
    assert all(f"[seed {one}](fast/seed{one}/mistakes.csv)" in markdown for one in (1, 2, 3))
    assert "fast, seed 3: [metrics.json](fast/seed3/metrics.json)" in markdown
    assert "The numbers of seed 1" in page and "| Probabilities (seed 1) |" in markdown
    alone, _ = results(["cat", "dog"], archive(), runs[:1])
    assert "of the test images are classified correctly.\n" in alone
    assert "of seed 1" not in alone and "F1 of all seeds" not in alone
    assert "on average over" not in alone and "What follows is of" not in alone


def test_labels_to_look_at_are_told_as_candidates(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    markdown, _ = results(["c|at", "dog"], archive(), [run])
    section = markdown.partition("### Which labels to look at?")[2].partition("\n### ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert rows == [
        "| test images | 100 | 3 | 4.0% |",
        "| held-out training images | 100 | 3 | 5.0% |",
        "| other training images | 100 | 3 | – |",
    ]
    assert "by the probabilities of one seed. They are candidates to look at, not verdicts" in (
        section
    )
    assert "[label_candidates.csv](fast/label_candidates.csv)" in section
    assert "in doubt, by their label: c\\|at 3 of 100. Without" in section
    assert "Without the 3 test images in doubt, accuracy is 95.0% instead of 90.0%. Do not" in (
        section
    )
    assert "Test and held-out images did not train the network." in section
    assert "people rejected 48." in section


def test_labels_to_look_at_of_several_seeds_without_held_out_images(results):
    runs = [write_run(results.folder, "fast", seed, 0.9, "full") for seed in (1, 2)]
    path = write_label_candidates(results.folder / "fast", 1, seeds=(1, 2), held_out=False)
    content = json.loads(path.read_text())
    content["sets"]["test"]["classes"] = [
        {"class": name, "images": 2000, "candidates": number, "estimated_share": None}
        for name, number in zip("abcdef", (0, 9, 2, 10, 1, 4), strict=True)
    ]
    path.write_text(json.dumps(content))
    markdown, _ = results(["cat", "dog"], archive(official=False), runs)
    assert "by the mean probabilities of 2 seeds" in markdown
    assert "by their label: d 10 of 2,000, b 9 of 2,000, f 4 of 2,000, others 3. W" in markdown
    assert "| held-out" not in markdown
    assert "Without the 1 test image in doubt" in markdown
    assert "Test images did not train the network. The training images did" in markdown
    assert "people rejected 48" not in markdown


def test_without_a_doubt_or_without_anything_else_the_report_says_so(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    write_label_candidates(results.folder / "fast", 0)
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "Confident learning (Northcutt et al. 2021) doubts no label." in markdown
    assert "label_candidates.png" not in markdown
    write_label_candidates(results.folder / "fast", 100, without=None)
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "All test images are in doubt, so there is no accuracy without them." in markdown
    assert "Do not quote" not in markdown


def test_scores_of_maps_stand_in_their_columns(results):
    markdown, _ = results(["cat", "dog"], archive())
    lines = markdown.splitlines()
    heading = next(line for line in lines if "Deletion, area" in line)
    row = next(line for line in lines if line.startswith("| Grad-CAM | 0.100"))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in (heading, row)]
    shown = dict(zip(*cells, strict=True))
    assert shown["Deletion, area (low is good)"] == "0.100 (0.080 to 0.120)"
    assert shown["Average drop (low)"] == "30.0% (28.0% to 32.0%)"
    assert (shown["Image left"], shown["Flat maps"]) == ("30.0%", "17")
    assert 'beside the column "Image left"' in markdown
    assert "map of another image (seed 1 alone): 0.21 (0.19 to 0.23)" in markdown


def test_localisation_compares_on_the_same_images_and_tells_the_whole_apart(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "| 400 test images with known regions | Pointing game |" in markdown
    assert "Grad-CAM alone, on all 1,000 test images with known regions: pointing game 66.0%" in (
        markdown
    )
    scored = json.loads(run.localisation.read_text())
    scored["all_known"]["n"] = 400
    run.localisation.write_text(json.dumps(scored))
    markdown, _ = results(["cat", "dog"], archive(), [run])
    assert "alone, on all" not in markdown


@pytest.mark.parametrize("classes", [[], ["predicted", "true"], ["predicted", "dog", "a_cat"]])
def test_maps_for_other_classes_are_shown_where_there_are_any(results, classes):
    run = write_run(results.folder, "fast", 1, 0.9)
    draw(run.figures / "gradcam_classes.png")
    settings = {"gradcam": {"classes": classes}}
    markdown, _ = results(["a_cat", "dog"], archive(), [run], settings=settings)
    assert ("### Maps for dog, a\\_cat" in markdown) is (len(classes) == 3)
    assert ("gradcam_classes.png" in markdown) is (len(classes) == 3)


def test_one_of_a_thing_is_no_plural(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    change_history(run, read_history(run.history)[:1])
    for path, changes in (
        (run.metrics, {"n": 1, "selected_epoch": 1}),
        (run.provenance, {"training_images": 1}),
        (run.faithfulness, {"n": 1}),
        (run.randomisation, {"n": 1, "compared": 1}),
        (run.localisation, {"n": 1}),
    ):
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    markdown, _ = results(["cat"], archive(), [run])
    assert "recipe short, 1 epoch of 1 image: 90.0%" in markdown
    plurals = r"(epoch|image|seed|map|experiment|region)s\b"
    assert not re.findall(rf"(?<![\d.,])1 (?:\w+ )?{plurals}", markdown)


def test_the_config_that_makes_the_results_again_is_told(results):
    config = "dataset: cifar10\nname: ```\n"
    markdown, page = results(["cat", "dog"], archive(), config=config)
    assert f"````yaml\n{config}````" in markdown
    assert config.strip() in Page(page).text


def test_images_a_second_leave_a_slow_first_epoch_out(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    first, last = read_history(run.history)
    slow, *quick = (
        {**row, "seconds": s} for row, s in ((first, 500.0), (last, 10.0), (last, 10.0))
    )
    change_history(run, [slow, *quick])

    markdown, _ = results(["cat", "dog"], archive(), [run])

    row = next(line for line in markdown.splitlines() if line.startswith("| fast, seed 1"))
    assert "| 4,500 |" in row


def paragraph(markdown, start):
    return next(line for line in markdown.splitlines() if line.startswith(start))


@pytest.mark.parametrize("first", ["published", "final"])
def test_what_was_trained_on_all_images_says_so_and_is_as_honest_as_any(
    results, monkeypatch, first
):
    monkeypatch.setitem(EXPERIMENTS, "final", EXPERIMENTS["fast"])
    runs = [
        write_run(results.folder, "published", 1, 0.88, "test_selected"),
        write_run(results.folder, "final", 1, 0.91, "full"),
        write_run(results.folder, "final", 2, 0.93, "full"),
        write_run(results.folder, "fast", 1, 0.9),
    ]
    runs = runs[first == "final" :]
    markdown = report_of(results, runs, EXPERIMENTS, runs)

    head = paragraph(markdown, "**Averaged over 2 seeds, final classifies 92.0%")
    assert "none were held out, and nothing was chosen" in head and "test-selected" not in head
    row = paragraph(markdown, "| final |")
    assert row.startswith("| final | 92.0% ± 1.4% (trained on all images) | nothing | 2 |")
    assert "Experiments *trained on all images* held none out and chose nothing" in markdown
    assert "half filled and not on the line either" in markdown
    start = markdown.index("## Experiment final")
    section = markdown[start:].partition("### Confusion matrix")[0]
    assert (
        "(The same settings with held-out images: fast, 90.0% of the same test images. Some of a"
        in section
    )
    assert "The weights of the last epoch (2) were kept (dotted line). No images were" in section
    assert "in the best epoch" not in section
    assert "(no images were held out)" in markdown or first == "final"
    table = list(csv.DictReader((results.folder / "comparison.csv").open()))
    assert {row["val_accuracy_mean"] for row in table if row["experiment"] == "final"} == {""}
    assert [row["val_accuracy_mean"] for row in read_comparison(results.folder / "comparison.csv")][
        -2:
    ] == [None, 0.5]


def test_a_report_of_nothing_but_all_images_speaks_of_no_dashed_line(results, monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "final", EXPERIMENTS["fast"])
    markdown, _ = results(
        ["cat", "dog"], archive(), [write_run(results.folder, "final", 1, 0.9, "full")]
    )
    assert "**final classifies 90.0%" in markdown
    assert "The same settings with" not in markdown
    assert "*How to read it.* The line is measured on augmented images" in markdown
    assert "Where the solid line" not in markdown


def test_a_sweep_on_all_images_has_no_best(results):
    experiments, runs = {}, []
    for number in range(22):
        name = f"rates-peak_{number}"
        settings = {"sweep": "rates", "overrides": {"schedule.peak": float(number)}}
        experiments[name] = EXPERIMENTS["fast"] | settings
        runs.append(write_run(results.folder, name, 1, 0.5 + number / 100, "full"))

    markdown = report_of(results, runs, experiments, [])

    assert "**rates-peak\\_0, the first of 22 (nothing chose among them), classifies" in markdown
    assert "22 experiments. All of them trained on all images and chose nothing" in markdown
    assert "there is no best" in markdown and "The first 20:" in markdown
    assert "| 0.0 | – | 50.0% (trained on all images) |" in markdown
    assert "The provenance of each run of sweep rates is in its `run.json`.\n" in markdown
    assert best_by_validation(compare(map(read_run, runs), experiments)) is None


def test_a_history_that_does_not_go_with_the_protocol_is_damaged(tmp_path):
    files = write_run(tmp_path, "final", 1, 0.9, "full")
    write_history(files.history, read_run(write_run(tmp_path, "fast", 1, 0.9)).history)
    with pytest.raises(DamagedFileError, match="val_accuracy does not go with the protocol full"):
        read_run(files)


def test_a_sweep_over_epochs_tells_their_number_whatever_it_is_called(tmp_path, results):
    experiments, runs = {}, []
    for called in ("short", "long"):
        name = f"lengths-epochs_{called}"
        runs.append(write_run(results.folder, name, 1, 0.9))
        overrides = {"epochs": called, "schedule.peak": 0.1}
        experiments[name] = EXPERIMENTS["fast"] | {"sweep": "lengths", "overrides": overrides}
    history = read_history(runs[1].history)
    change_history(runs[1], [*history, history[-1]])

    markdown = report_of(results, runs, experiments, [])

    assert "| epochs | Validation accuracy |" in markdown
    start = markdown.index("| epochs |")
    rows = markdown[start:].splitlines()[2:4]
    assert [row.split(" | ")[0] for row in rows] == ["| 2", "| 3"]


def change_history(run, rows):
    """As many epochs as there are rows, in the file that counts them too."""
    write_history(run.history, [row | {"epoch": n} for n, row in enumerate(rows, 1)])
    metrics = json.loads(run.metrics.read_text())
    metrics["last"]["epoch"] = len(rows)
    run.metrics.write_text(json.dumps(metrics))


def report_of(results, runs, experiments, detailed):
    table = results.folder / "comparison.csv"
    write_comparison(table, compare(map(read_run, runs), experiments))
    figure = results.folder / "comparison.png"
    draw(figure)
    more = {"comparison": table, "comparison_figure": figure}
    return results(["cat", "dog"], archive(), detailed, **more)[0]


def level(mean, n=98):
    return {"n": n, "correlation": intervals(mean), "overlap": intervals(mean / 2)}


@pytest.mark.parametrize("wrong", [None, level(0.61, 8)])
def test_maps_of_several_seeds_are_compared(results, wrong):
    methods = {
        "gradcam": {
            "same_image": level(0.74),
            "other_image": level(0.42),
            "randomised": level(0.1),
            "all_right": level(0.77, 90),
            "some_wrong": wrong,
        },
        "eigencam": {"same_image": level(0.86), "other_image": None},
    }
    found = {"seeds": [1, 2], "n": 100, "compared": 98, "top_cells": 6, "layer": "out"}
    path = results.folder / "fast/agreement.json"
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed in (1, 2)]
    path.with_suffix(".csv").write_text("image\n")
    path.write_text(json.dumps(found | {"methods": methods}))
    draw(path.with_suffix(".png"))
    runs = [dataclasses.replace(run, agreement=path) for run in runs]

    markdown = report_of(results, runs, EXPERIMENTS, runs)

    section = markdown.partition("### Do the seeds' maps agree?")[2].partition("\n##")[0]
    assert "](fast/agreement.png)" in section and "[agreement.csv](fast/agreement.csv)" in section
    assert (
        "**Grad-CAM's maps of the same image correlate by 0.74 from seed to seed, those of"
        in section
    )
    assert "| 98 test images, 2 seeds |" in section and "Shared of the 6 highest cells" in section
    rows = [line.count("|") for line in section.splitlines() if line.startswith("|")]
    assert rows == [6] * 4
    assert "| Grad-CAM | 0.74 (" in section and "| Eigen-CAM | 0.86 (" in section
    assert "where all seeds are right: 0.77 (90 images)." in section
    assert ("Where some seed is wrong: 0.61" in section) == bool(wrong)
    assert "all of its weights are random: 0.10 (" in section


def test_flat_maps_of_all_images_are_not_compared(results):
    nothing = dict.fromkeys(("same_image", "other_image", "randomised", "all_right", "some_wrong"))
    found = {"seeds": [1, 2], "n": 100, "compared": 0, "top_cells": 6, "layer": "out"}
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed in (1, 2)]
    path = results.folder / "fast/agreement.json"
    path.write_text(json.dumps(found | {"methods": {"gradcam": nothing}}))
    draw(path.with_suffix(".png"))
    runs = [dataclasses.replace(run, agreement=path) for run in runs]

    markdown = report_of(results, runs, EXPERIMENTS, runs)

    assert "Of each image some seed's map is flat, so there is nothing to compare." in markdown


def test_a_sweep_is_a_table_and_validation_chooses_its_best(swept, results):
    runs, experiments = swept

    markdown = report_of(results, runs, experiments, runs[:1])

    assert "best by validation accuracy is **rates-peak\\_0**: 80.0% of the validation" in markdown
    assert "50.0% of the test images" in markdown
    assert "| schedule.peak | Validation accuracy |" in markdown
    start = markdown.index("### Sweep rates")
    table = [line for line in markdown[start:].splitlines() if line.startswith("| ")][1:21]
    assert [line.split(" | ")[0] for line in table] == [f"| {n}.0" for n in range(20)]
    rows = [line for line in markdown.splitlines() if line.startswith("| rates")]
    assert len(rows) == 1 and "validation (80.0%)" in rows[0]
    assert "**fast classifies" in markdown
    assert "## Experiment rates" not in markdown
    assert "](comparison.png)" in markdown


def test_the_own_report_of_a_member_speaks_of_it_alone(swept, results, monkeypatch):
    runs, experiments = swept
    monkeypatch.setitem(EXPERIMENTS, "rates-peak_3", experiments["rates-peak_3"])

    markdown, _ = results(["cat", "dog"], archive(), [runs[4]])

    assert "**rates-peak\\_3 classifies 53.0%" in markdown
    assert "Sweep" not in markdown


def test_the_headline_of_a_lone_sweep_says_that_it_is_the_best_of_many(swept, results):
    runs, experiments = swept

    markdown = report_of(results, runs[1:], experiments, [])

    assert "**rates-peak\\_0, the best of 25 by validation accuracy, classifies 50.0%" in markdown
    assert "mean training image]" not in markdown
    assert "The best, rates-peak\\_0: [seed 1](rates-peak_0/seed1/run.json)." in markdown
    assert "at the commit named in `run.json`, with the same config:" in markdown
    assert "| Run | Device |" not in markdown


def test_a_lone_test_selected_headline_says_so(results):
    runs = [write_run(results.folder, "published", 1, 0.88, "test_selected")]
    markdown, _ = results(["cat", "dog"], archive(), runs)
    headline_paragraph = next(line for line in markdown.splitlines() if "Wilson" in line)
    assert "test-selected" in headline_paragraph


@pytest.mark.parametrize("official", [True, False])
def test_published_run_appears_only_if_given_and_is_labelled(results, official):
    without, _ = results(["cat", "dog"], archive(official))
    assert "published run" not in without
    runs = [write_run(results.folder, "fast", 2, 0.9)]
    log = ROOT / "resources/published_history.csv"
    markdown, _ = results(["cat", "dog"], archive(official), runs, published_history=log)
    row = next(line for line in markdown.splitlines() if line.startswith("| *published run"))
    assert "88.09% (test-selected)" in row
    assert ("not comparable" in row) == (not official)


def test_every_link_leads_to_a_file_from_either_folder(results):
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed in (1, 2)]
    rows = compare(map(read_run, runs), EXPERIMENTS)
    write_comparison(results.folder / "comparison.csv", rows)
    for into in (results.folder, results.folder / "fast"):
        comparison = results.folder / "comparison.csv"
        markdown, _ = results(["a", "b"], archive(), runs, into, comparison=comparison)
        targets = [
            child.attrs.get("src") or child.attrs.get("href")
            for token in MarkdownIt("commonmark").parse(markdown)
            for child in token.children or ()
            if child.type in ("image", "link_open")
        ]
        (results.folder / "explorer.html").touch()
        local = [target for target in targets if not target.startswith("https://")]
        assert len(local) >= 10
        assert all((into / target).exists() for target in local)


def test_the_workflow_can_be_cited_from_the_report(results):
    markdown, page = results(["a", "b"], archive())
    entry = markdown.partition("```bibtex\n")[2].partition("```")[0]
    assert entry.startswith("@software{resnetcam,\n  author = {{Ada Lovelace} and {The Makers}},\n")
    assert "  title = {a workflow},\n  version = {1.2},\n  year = {20" in entry
    assert "  note = {commit 0123456789ab-dirty, run of 20" in entry
    assert "Learning Multiple Layers of Features" in entry and entry in Page(page).text


def test_images_that_are_not_cifar10_are_not_cited_as_such(results):
    markdown, _ = results(["a", "b"], archive(origin="drawn", official=False))
    assert "Krizhevsky" not in markdown and "people's votes" not in markdown
    assert "[Rong et al. 2022, ROAD](https://arxiv.org/abs/2202.00449)" in markdown


def test_explanations_and_tables_begin_after_a_blank_line(results):
    """Else they would belong to the paragraph before, and the page could not fold them."""
    runs = [write_run(results.folder, "fast", seed, 0.9) for seed in (1, 2)]
    twin_pairs = {"twins": [{"test": 1, "train": 1, "correlation": 1.0, "distance": 0}]}
    markdown, page = results(["a", "b"], archive(), runs, noted=twin_pairs)
    lines = markdown.splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith("*How to read it.*"):
            assert before == ""
        if line.startswith("|"):
            assert before == "" or before.startswith("|")
    assert "How to read it." not in Page(page).text and "The numbers." not in Page(page).text
    figures = [line for line in lines if "figures/learning_curves.png" in line]
    assert len(figures) == 1 and page.count("<figure data-seed=") == 6


def test_page_is_whole_in_itself(results):
    _, page = results(["cat", "dog"], archive())
    tags = Page(page).tags
    images = [attrs for tag, attrs in tags if tag == "img"]
    assert len(images) == len(FIGURES) + 1  # and the labels to look at
    assert all(image["src"].startswith("data:image/svg+xml,%3Csvg") for image in images)
    assert len({image["alt"] for image in images}) == len(images)
    assert not {"link", "iframe"} & {tag for tag, _ in tags}
    assert "url(" not in page
    linked = [attrs["href"] for tag, attrs in tags if tag == "a"]
    lying_beside = {link for link in linked if not link.startswith(("#", "data:"))}
    beside = {link for link in lying_beside if not link.startswith("https://arxiv.org/abs/")}
    assert beside == {"explorer.html"} and "lies beside this file" in page
    (policy,) = [attrs["content"] for tag, attrs in tags if "http-equiv" in attrs]
    script = (ROOT / "report/report.js").read_bytes()
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    assert policy.startswith("default-src 'none'; ") and f"script-src 'sha256-{digest}'" in policy
    assert "@import" not in page
    tables = [attrs for tag, attrs in tags if tag == "div" and attrs.get("class") == "table"]
    assert {table["role"] for table in tables} == {"region"}
    assert len({table["aria-label"] for table in tables}) == len(tables)
    assert "prefers-color-scheme: dark" in page


def test_hostile_names_stay_text(results):
    annotations = results.folder / "summary.json"
    problems = [{"message": name} for name in HOSTILE]
    draw(annotations.with_suffix(".png"))
    summary = {
        "file": HOSTILE[2],
        "images": 1,
        "images_with_regions": 1,
        "regions": 1,
        "unit": "pixels of <b>it</b>",
        "area_px2": {"min": 1.0, "median": 2.0, "max": 3.0},
        "shapes": {"rect": 1},
        "attributes": {HOSTILE[0]: dict.fromkeys([*HOSTILE, *map(str, range(99))], 1)},
        "problems": problems * 2,
    }
    annotations.write_text(json.dumps(summary))
    _, page = results(
        HOSTILE,
        archive(path="/x/" + HOSTILE[1]),
        dataset=HOSTILE[2],
        settings={"classes": ["```\n<script>"]},
        unusual={"backend": "```\n<script>"},
        annotations=[annotations],
    )
    parsed = Page(page)
    assert "… and 10 other kinds" in parsed.text
    assert "… and 89 other values" in parsed.text and "97" not in parsed.text
    assert [tag for tag, _ in parsed.tags if tag in ("script", "b")] == ["script"]  # its own
    links = [attrs["href"] for tag, attrs in parsed.tags if tag == "a"]
    assert not [link for link in links if "evil" in link and not link.startswith(("#", "data:"))]
    for name in HOSTILE:
        assert " ".join(name.replace("\u202e", " ").split()) in parsed.text


def test_raw_html_in_markdown_shows_as_text(tmp_path):
    page = Page(to_html("<script>x</script>\n\na <b>c</b>", tmp_path, "<t>", ""))
    assert not {"script", "b", "t"} & {tag for tag, _ in page.tags}


def test_chance_is_what_the_most_frequent_training_class_gets_on_the_test_set(tmp_path):
    y_train, y_test = (np.array(y, np.uint8) for y in ([0, 1, 1, 1, 0, 2, 2, 1], [0, 0, 0, 1, 2]))
    pixels = [np.zeros((len(y), 4, 4, 3), np.uint8) for y in (y_train, y_test)]
    images = LabelledImages(pixels[0], y_train, pixels[1], y_test, ("a", "b", "c"))
    write_dataset(tmp_path / "data.h5", images, make_splits(images, 3, 0))
    assert share_of_the_most_frequent_class(DatasetReader(tmp_path / "data.h5")) == pytest.approx(
        1 / 5
    )


@pytest.mark.parametrize(
    ("name", "key", "where"),
    [
        ("faithfulness", "layer", lambda scores: scores),
        ("faithfulness", "increase", lambda scores: scores["candidates"]["gradcam"]),
        ("faithfulness", "shown", lambda scores: scores["candidates"]["uniform"]),
        ("randomisation", "other_image", lambda scores: scores),
        ("randomisation", "flat_maps", lambda scores: scores["levels"][0]),
        ("localisation", "n", lambda scores: scores),
        ("localisation", "region_share", lambda scores: scores),
        ("localisation", "all_known", lambda scores: scores),
        ("localisation", "zero_maps", lambda scores: scores["candidates"]["random"]),
        ("localisation", "energy_inside", lambda scores: scores["all_known"]),
    ],
)
def test_scores_of_maps_without_what_the_report_reads_are_damaged(results, name, key, where):
    runs = [write_run(results.folder, "fast", 1, 0.9)]
    path = results.folder / f"fast/seed1/{name}.json"
    scores = json.loads(path.read_text())
    del where(scores)[key]
    path.write_text(json.dumps(scores))

    with pytest.raises(DamagedFileError, match=rf"{name}.json cannot be used: .* has no '{key}'"):
        report_of(results, runs, {"fast": EXPERIMENTS["fast"]}, runs)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comparison.csv", "experiment,sweep\nfast,\n"),
        ("comparison.csv", ""),
        ("fast/seed1/faithfulness.json", '{"n": 3, "steps": 4, "candidates": {"gradcam": 1}}'),
        ("fast/seed1/randomisation.json", "[]"),
        ("fast/seed1/localisation.json", '{"candidates": {}}'),
        ("fast/seed1/figures/mean_image.svg", None),
    ],
)
def test_a_damaged_file_is_named_with_what_makes_it_again(results, name, content):
    runs = [write_run(results.folder, "fast", 1, 0.9)]
    experiments = {"fast": EXPERIMENTS["fast"]}
    report_of(results, runs, experiments, runs)
    path = results.folder / name
    path.unlink()
    if content is not None:
        path.write_text(content)

    more = {
        "comparison": results.folder / "comparison.csv",
        "comparison_figure": results.folder / "comparison.png",
    }
    with pytest.raises(
        DamagedFileError, match=rf"{name} (cannot be used: .*, then the same|is gone)"
    ):
        results(["cat", "dog"], archive(), runs, **more)


def test_damaged_numbers_do_not_hide_where_the_report_is(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    run.metrics.write_text("{")

    told = closing_words(results.folder / "fast/report.md", [run.metrics.parent])

    assert told.startswith(f"Report: {results.folder}/fast/report.md")
    assert f"{run.metrics} cannot be used: it is not valid JSON" in told


def shifted(folder, scores=None, sets=None, seed=1):
    """A run with scores on corrupted images, on further sets, or both."""
    run = write_run(folder, "fast", seed, 0.9)
    files = {"shift": scores, "test_sets": sets}
    for name, content in files.items():
        if content:
            (folder / f"fast/seed{seed}/{name}.json").write_text(json.dumps(content))
    if scores:
        (folder / f"fast/seed{seed}/shift.csv").write_text("kind\n")
        draw(run.figures / "shift.png")
    paths = {
        name: folder / f"fast/seed{seed}/{name}.json" for name, content in files.items() if content
    }
    return dataclasses.replace(run, **paths)


def section(markdown, title):
    return markdown.partition(f"### {title}\n")[2].partition("\n### ")[0]


WORSE = "Corrupted images and further test sets"


def test_corrupted_images_are_told_with_the_weakest_kinds(results):
    runs = [shifted(results.folder, shift(), seed=1), shifted(results.folder, shift(0.65), seed=2)]
    markdown, page = results(["cat", "dog"], archive(), runs)
    text = section(markdown, WORSE)
    for part in (
        "](fast/seed1/figures/shift.png)",
        "Of 500 test images, 90.0% are recognised as they are and 60.0% on average",
        "30.0 points fewer (95% interval over images 25.0 to 35.0)",
        "Other seeds reach 65.0% (seed 2).",
        "The weakest kinds are fog (30.0%), snow (40.0%), Gaussian noise (60.0%).",
        "The mean corruption error is 70.0%",
        "calibration error is 20.0% on the images as they are and 20.0% on average",
        "10.0% and 10.0%",
        "[shift.csv](fast/seed1/shift.csv)",
    ):
        assert part in text
    assert text.count("*How to read it.*") == 1
    assert "Further test images" not in text
    assert WORSE in Page(page).text


def test_without_a_temperature_or_a_corruption_error_nothing_is_said_of_them(results):
    run = shifted(results.folder, shift(calibrated=False, undefined=True))
    text = section(results(["cat", "dog"], archive(), [run])[0], WORSE)
    assert "so the mean corruption error is not defined" in text
    assert "temperature" not in text
    assert "Other seeds" not in text


@pytest.mark.parametrize("scores", [None, shift()], ids=["sets alone", "both"])
def test_further_test_sets_stand_in_a_table_with_or_without_corrupted_images(results, scores):
    sets = {"v|6": further_set(), "old": further_set(False, absent=[1], unreadable=3)}
    run = shifted(results.folder, scores, sets)
    text = section(results(["cat", "dog", "ox"], archive(), [run])[0], WORSE)
    assert ("shift.png" in text) == bool(scores)
    first, second = (line for line in text.splitlines() if "-10.0 (-12.0 to -8.0)" in line)
    assert first.startswith(r"| v\|6 | 2,000 | 80.0% (75.0% to 85.0%) |")
    assert "with temperature" in first and "with temperature" not in second
    assert "(1 class without an image) (3 files could not be read)" in second
    assert "Newcombe's 95% interval" in text


def test_a_report_without_either_has_no_such_section(results):
    markdown, _ = results(["cat", "dog"], archive())
    assert WORSE not in markdown
    assert "shift.png" not in markdown


def test_corrupted_images_that_are_recognised_more_often_are_no_negative_fewer(results):
    scores = shift() | {"drop": {"mean": -0.02, "low": -0.05, "high": 0.01}}
    run = shifted(results.folder, scores)
    text = section(results(["cat", "dog"], archive(), [run])[0], WORSE)
    assert "2.0 points more (95% interval over images -1.0 to 5.0)" in text


def with_agreement(folder, experiment):
    """Two runs of an experiment, whose maps of four images were compared."""
    maps = [np.random.default_rng(seed).random((4, 3, 3), dtype=np.float32) for seed in (1, 2)]
    scores, _ = compare_seeds({"gradcam": maps}, maps, np.ones((2, 4), bool))
    runs = [write_run(folder, experiment, seed, 0.9) for seed in (1, 2)]
    path = folder / experiment / "agreement.json"
    path.write_text(json.dumps({"seeds": [1, 2], "layer": "out"} | scores))
    path.with_suffix(".csv").write_text("test_image\n")
    draw(path.with_suffix(".png"))
    return [dataclasses.replace(run, agreement=path) for run in runs]


def test_agreement_is_explained_once_where_the_first_experiment_has_one_seed(results):
    several = with_agreement(results.folder, "published")
    alone = write_run(results.folder, "fast", 1, 0.9)
    markdown, _ = results(["cat", "dog"], archive(), [alone, *several])
    assert markdown.count("### Do the seeds' maps agree?") == 1
    assert markdown.count("Networks of different seeds learned from the same images") == 1
    both = [*several, *(dataclasses.replace(run, experiment="fast") for run in several)]
    markdown, _ = results(["cat", "dog"], archive(), both)
    assert markdown.count("### Do the seeds' maps agree?") == 2
    assert markdown.count("Networks of different seeds learned from the same images") == 1


def test_labels_are_explained_where_the_first_experiment_has_none_in_doubt(results):
    runs = [write_run(results.folder, name, 1, 0.9) for name in ("fast", "published")]
    write_label_candidates(results.folder / "fast", 0)
    markdown, _ = results(["cat", "dog"], archive(), runs)
    assert markdown.count("Above each image are its number and the probability of the class") == 1


def test_what_an_older_run_did_not_measure_is_not_said_to_be_as_random(results):
    run = write_run(results.folder, "fast", 1, 0.9)
    content = json.loads(run.faithfulness.read_text())
    for one in content["candidates"].values():
        one.pop("road", None)
    run.faithfulness.write_text(json.dumps(content))
    markdown, _ = results(["cat", "dog"], archive(), [run])
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    of_map = next(line for line in lines if line.startswith("| Grad-CAM | 0.100"))
    assert of_map.split(" | ")[3] == "–"
    (uniform,) = (line for line in lines if "as random" in line)
    assert uniform.split(" | ")[1:4] == ["as random", "as random", "–"]


def test_the_others_of_a_sweep_are_worse_or_better_than_the_best_or_neither(results):
    experiments, runs = {}, []
    for number in range(5):
        name = f"rates-peak_{number}"
        settings = {"sweep": "rates", "overrides": {"schedule.peak": float(number)}}
        experiments[name] = EXPERIMENTS["fast"] | settings
        runs.append(write_run(results.folder, name, 1, 0.9))
    table = results.folder / "comparison.csv"
    rows = compare(map(read_run, runs), experiments)
    for row, mean in zip(rows[1:], (0.0, 0.03, -0.03, -0.04), strict=True):
        row |= {"minus_best": mean, "minus_best_low": mean - 0.02, "minus_best_high": mean + 0.02}
    write_comparison(table, rows)
    draw(results.folder / "comparison.png")
    more = {"comparison": table, "comparison_figure": results.folder / "comparison.png"}
    markdown, _ = results(["cat", "dog"], archive(), [], **more)
    assert (
        "on the test set, 2 are clearly worse, 1 is clearly better (rates-peak\\_2), "
        "1 is not told apart from it (rates-peak\\_1)." in markdown
    )


def test_every_column_has_a_heading(results):
    runs = [write_run(results.folder, name, 1, 0.9) for name in EXPERIMENTS]
    markdown, page = results(["cat", "dog"], archive(), runs)
    assert "### Can they be told apart?" in markdown
    assert "<th></th>" not in page


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (
            [[4, 0], [0, 4]],
            ("Correctly", "fast misclassifies no", "fast is confidently wrong about no"),
        ),
        ([[3, 1], [0, 4]], ("Correctly", "1 of 8 test images is misclassified", "The test images")),
        ([[0, 4], [4, 0]], ("fast classifies no", "8 of 8 test images are", "The test images")),
    ],
)
def test_alternative_texts_tell_of_all_right_and_all_wrong(results, monkeypatch, counts, told):
    monkeypatch.setattr(experiment, "confusion_matrix", lambda *_: np.array(counts))
    markdown, _ = results(["cat", "dog"], archive())
    names = ("gradcam_correct", "gradcam_misclassified", "gradcam_confidently_wrong")
    for name, beginning in zip(names, told, strict=True):
        (line,) = (one for one in markdown.splitlines() if f"/{name}.png" in one)
        assert line.startswith(f"![{beginning}")


def test_names_are_text_in_the_entry_that_cites():
    authors = [{"name": "Cats & Dogs_1"}, {"name": "} \\input{x}"}]
    cited = CITATION | {"title": "100 % #1", "authors": authors}
    entry = bibtex(cited, {"commits": ["commit 0"], "day": "2026-01-02"}, is_cifar10=False)
    assert "{Cats \\& Dogs\\_1}" in entry and "title = {100 \\% \\#1}" in entry
    assert "\\input" not in entry and entry.count("{") == entry.count("}")
