"""The model card: its metadata parse, its numbers are those of the files, names stay text."""

import json
import re
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from small_run import NOTES, SOURCE, write_dataset_folder, write_run

from resnetcam.common.errors import InputError
from resnetcam.evaluation.intervals import wilson_interval
from resnetcam.provenance.citation import read_citation
from resnetcam.provenance.front_matter import front_matter
from resnetcam.provenance.model_card import CardInputs, write_model_card
from resnetcam.report import about_data
from resnetcam.report.comparison import files_of_run
from resnetcam.sources.layouts import LAYOUTS
from resnetcam.sources.official import Comparison

ROOT = Path(__file__).parents[2]
CITATION = read_citation(ROOT / "CITATION.cff")
CLASSES = ["cat", "dog", "ring"]
HOSTILE = [
    "<script>alert(1)</script>",
    "a|b",
    "x](http://evil.example)",
    "---\nlicense: mit",
    '"quoted": \\ {{ 7 * 7 }}',
    "**bold** ``` `tick",
    "line\nbreak\u202e",
    "Käse 🧀",
    "null",
    "1e-05",
]


@pytest.fixture
def card(tmp_path):
    """Returns a function that writes a card and returns its metadata and its text."""

    def make(class_names=CLASSES, *, source=SOURCE, notes=NOTES, dataset="shapes", **more):
        folder = tmp_path / dataset
        write_dataset_folder(folder, class_names, source, notes)
        run = write_run(folder / "fast/seed1", class_names, **more)
        inputs = CardInputs(
            dataset=dataset,
            model="resnet20v1",
            recipe="short",
            files=files_of_run(run, shifted=True, tested=True),
            description=run / "model.json",
            source=folder / "source.json",
            notes=folder / "images.json",
            data=folder / "data.h5",
            baseline=folder / "baseline.json",
            citation=more.get("citation", CITATION),
        )
        write_model_card(inputs, ROOT / "report/model_card.md.j2", run / "README.md")
        text = (run / "README.md").read_text("utf-8")
        nothing, metadata, body = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
        assert nothing == ""
        make.run = run
        return yaml.safe_load(metadata), body

    return make


def test_the_numbers_are_those_that_were_measured(card):
    metadata, body = card()

    metrics = json.loads((card.run / "metrics.json").read_text())
    shift = json.loads((card.run / "shift.json").read_text())
    (model,) = metadata["model-index"]
    assert model["name"] == "shapes-fast-seed1"
    own, corrupted, further = model["results"]
    values = {one["type"]: one["value"] for one in own["metrics"]}
    assert values == {
        "accuracy": metrics["accuracy"],
        "balanced_accuracy": metrics["balanced_accuracy"],
        "negative_log_likelihood": metrics["nll"],
        "brier_score": metrics["brier"],
        "expected_calibration_error": metrics["ece"],
        "equal_mass_calibration_error": metrics["ace"],
    }
    assert corrupted["metrics"][0]["value"] == shift["accuracy"]["mean"]
    assert (further["dataset"]["type"], further["metrics"][0]["value"]) == ("new | *set*", 0.8)
    low, high = wilson_interval(metrics["accuracy"], metrics["n"])
    assert f"90.00% (95% Wilson interval {low:.2%} to {high:.2%})" in body
    assert "| Expected calibration error | 4.00% | 2.00% |" in body
    assert "90.0% as they are and 60.0% on average (95% interval 57.0% to 63.0%)" in body
    assert "| Brier score | 0.2000 | 0.1000 |" in body


def test_it_says_how_and_where_the_network_was_trained(card):
    metadata, body = card()

    assert (metadata["library_name"], metadata["pipeline_tag"]) == ("keras", "image-classification")
    assert "2 epochs of 45,000 images in 40 s, recipe short, seed 1" in body
    assert "Finished 2026-11-30 10:01:47 UTC." in body
    assert r"A \| B (float32, 2 threads)" in body
    assert "keras 3.15.1, python 3.11.7" in body
    assert "recipe.optimizer.name: sgd" in body
    commit = "0123456789abcdef" * 2 + "01234567"
    assert f"commit `{commit}` with changes that were not committed" in body
    assert f"version {CITATION['version']}" in body
    assert "https://arxiv.org/abs/1512.03385" in body


def test_the_weakest_classes_come_first(card):
    _, body = card([f"class {n}" for n in range(8)])

    rows = re.findall(r"^\| (class \d) \|", body, re.MULTILINE)
    assert rows == [f"class {n}" for n in range(5)]
    assert "(5 of 8 by F1; all: `classes.csv`)" in body


def test_names_from_outside_stay_text(card):
    metadata, body = card(HOSTILE, dataset="a: b #c")

    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    assert "<script" not in page
    assert not [link for link in re.findall(r'href="([^"]*)"', page) if "evil" in link]
    for name in ("<script>alert(1)</script>", "a|b", "{{ 7 * 7 }}", "**bold**", "Käse 🧀"):
        assert name in _unescaped(page)
    assert 49 not in metadata.values() and "49" not in body.partition("## Citation")[0]
    assert metadata["license"] == "mit"
    assert metadata["model-index"][0]["name"] == "a: b #c-fast-seed1"
    columns = {row.count("<td") for row in re.findall(r"<tr>\n<td.*?</tr>", page, re.DOTALL)}
    assert columns <= {3, 4, 5}


def _unescaped(page):
    for code, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        page = page.replace(code, character)
    return page


def test_only_official_data_sets_are_named_on_the_hub(card, monkeypatch):
    archive = SOURCE | {"origin": "archive", "layout": "cifar10"}
    found = Comparison(True, ())
    monkeypatch.setattr(about_data, "dataset_compared_with_official", lambda data: found)

    metadata, body = card(source=archive, dataset="cifar10")

    assert metadata["datasets"] == ["uoft-cs/cifar10"]
    assert metadata["model-index"][0]["results"][0]["dataset"] == {
        "name": "CIFAR-10",
        "type": "uoft-cs/cifar10",
        "split": "test",
    }
    # The workflow's licence says nothing of a network that learned from others' images.
    assert metadata["license"] == "unknown" and "depends on the images" in body
    assert {layout.title for layout in LAYOUTS.values()} == {*_hub()}


def _hub():
    from resnetcam.provenance.model_card import _ON_THE_HUB

    return _ON_THE_HUB


def test_images_that_are_not_the_official_ones_are_said_to_be_others(card):
    metadata, body = card(source=SOURCE | {"origin": "archive", "layout": "cifar10"})

    assert "datasets" not in metadata
    assert "> **Not the official CIFAR-10**" in body


@pytest.mark.parametrize(
    ("protocol", "name", "said"),
    [
        ("holdout", "Accuracy", "The run chose nothing on the test set"),
        ("test_selected", "Accuracy (test-selected)", "expect slightly less on new ones"),
        ("full", "Accuracy", "the probabilities are not calibrated"),
    ],
)
def test_a_number_is_labelled_with_what_it_was_chosen_on(card, protocol, name, said):
    unfitted = {"temperature": None, "calibrated": None} if protocol == "full" else {}

    metadata, body = card(protocol=protocol, metrics=unfitted)

    assert metadata["model-index"][0]["results"][0]["metrics"][0]["name"] == name
    assert said in body
    assert ("With temperature" in body) == (protocol != "full")


def test_twins_are_told_with_the_accuracy_without_them(card):
    twins = [{"test": 0, "train": 1, "correlation": 1.0}]

    _, body = card(notes=NOTES | {"twins": twins, "removed": 1})

    told = "1 test image looks like a training image (that one was left out of the training)."
    assert f"- {told} On all others, 100.0% are right." in body


def test_grey_images_are_fed_as_such(card):
    _, body = card(channels=1)

    assert 'convert("L").resize((4, 4))' in body and "reshape(1, 4, 4, 1)" in body
    assert "4 × 4 grey pixels" in body


@pytest.mark.parametrize(
    "value",
    [0.1, 1e-05, 1e22, 3, None, True, "", "no", "1e-05", '"\\ ": #', "a\tb\x00\x85\u2028\ufeff"]
    + [[], {}, [[1]]],
)
def test_front_matter_is_read_as_it_was_meant(value):
    content = {"a": value, "b": [{"c": value, "d": [value]}, value]}

    lines = front_matter(content).splitlines()

    assert lines[0] == lines[-1] == "---"
    assert yaml.safe_load("\n".join(lines[1:-1])) == content


def test_the_citation_is_read_and_one_that_lacks_something_is_refused(tmp_path):
    path = tmp_path / "CITATION.cff"
    people = [{"family-names": "Beethoven", "name-particle": "van", "given-names": "Ludwig"}]
    whole = {"title": "T", "version": "1.0", "license": "MIT", "authors": people}
    path.write_text(yaml.safe_dump(whole | {"repository-code": "https://example.org/r"}))

    assert read_citation(path) == {
        **{"title": "T", "version": "1.0", "license": "MIT"},
        "authors": [{"name": "Ludwig van Beethoven", "orcid": None, "is_person": True}],
        "repository": "https://example.org/r",
    }
    path.write_text(yaml.safe_dump(whole | {"version": 1.0}))
    with pytest.raises(InputError, match="'version' is a number and not text"):
        read_citation(path)
    assert not CITATION["authors"][0]["is_person"]
    path.write_text("a: [")
    with pytest.raises(InputError, match="no valid YAML"):
        read_citation(path)
    path.unlink()
    with pytest.raises(InputError, match="belongs to the workflow: restore it"):
        read_citation(path)
