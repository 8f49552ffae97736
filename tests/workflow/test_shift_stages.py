"""Corrupted images and further test sets: from the setting to the report, and what runs again."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from tiny_workflow import RUN

from resnetcam.common.sample import sample
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import read_predictions

pytestmark = pytest.mark.slow

EXPERIMENTS = "    experiments: [tiny]"
REPORTS = {"report": 1}


@pytest.fixture
def sets(workflow, tmp_path):
    """The workflow, its test images in three forms beside it, and a function that names such."""
    data = DatasetReader(workflow.folder / "results/shapes/data.h5")
    images, labels = data.rows("x_test")[:40], data.array("y_test")[:40]
    names = [data.class_names[label] for label in labels]
    folder = tmp_path / "my sets"
    rows = []
    for number, (image, name) in enumerate(zip(images, names, strict=True)):
        path = folder / "folder" / name / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        rows.append(f"folder/{name}/{number:02}.png,{name}")
    (folder / "table.csv").write_text("path,label\n" + "\n".join(rows[:30]) + "\n")
    np.save(folder / "c10_data.npy", images)
    np.save(folder / "c10_labels.npy", labels.astype(np.int64))

    def name_sets(**paths):
        named = {name: str(folder / path) for name, path in paths.items()}
        workflow.edit(
            "tiny.yaml", EXPERIMENTS, f"    test_sets: {json.dumps(named)}\n{EXPERIMENTS}"
        )

    return workflow, folder, name_sets


def test_corrupted_images_are_scored_and_shown(finished_workflow):
    run = finished_workflow.folder / RUN
    found = json.loads((run / "shift.json").read_text())
    assert found["n"] == 8
    logits, labels = read_predictions(run / "predictions.h5", "test")
    right = (logits.argmax(1) == labels)[sample(len(labels), 8)]
    assert found["clean"]["accuracy"] == right.mean()
    assert len(list(csv.DictReader((run / "shift.csv").open()))) == 70
    with Image.open(run / "figures/shift.png") as figure:
        assert figure.size[0] == 1320
    report = (finished_workflow.folder / "results/shapes/report.md").read_text()
    assert "### Corrupted images and further test sets" in report
    assert "](tiny/seed1/figures/shift.png)" in report
    assert "Further test images" not in report


def test_without_corrupted_images_nothing_is_measured_or_shown(workflow):
    workflow.edit("tiny.yaml", "shift: {images: 8}", "shift: {images: 0}")
    shutil.rmtree(workflow.folder / RUN / "figures")
    for path in (workflow.folder / RUN).glob("shift.*"):
        path.unlink()

    planned = workflow.planned()

    assert not {"measure_shift", "shift_figure", "linear_baseline"} & set(planned)
    workflow.run()
    assert "### Corrupted images" not in (workflow.folder / "results/shapes/report.md").read_text()
    result = workflow.run(str(RUN / "shift.json"), check=False)
    assert "Dataset shapes has no corrupted images: its shift.images is 0" in result.output


def test_further_sets_are_scored_whatever_form_they_have(sets):
    workflow, folder, name_sets = sets
    name_sets(arrays="c10_data.npy", files="folder", part="table.csv")
    assert workflow.planned() == {
        "read_test_set": 3,
        "score_test_sets": 1,
        "model_card": 1,
        **REPORTS,
    }

    workflow.run()

    scores = json.loads((workflow.folder / RUN / "test_sets.json").read_text())
    logits, labels = read_predictions(workflow.folder / RUN / "predictions.h5", "test")
    right = logits.argmax(1) == labels
    assert scores["arrays"]["accuracy"] == right[:40].mean()
    assert scores["files"] == scores["arrays"]
    assert scores["part"]["accuracy"] == pytest.approx(right[:30].mean())
    mean = scores["part"]["difference"]["mean"]
    assert mean == pytest.approx(right[:30].mean() - right.mean())
    report = (workflow.folder / "results/shapes/report.md").read_text()
    assert "| Further test images |" in report
    assert all(f"| {name} " in report for name in ("arrays", "files", "part"))
    assert workflow.planned() == {}

    # A file that goes is read again; one whose label alone changes, scored anew.
    next((folder / "folder").rglob("*.png")).unlink()
    assert workflow.planned()["read_test_set"] == 1


@pytest.mark.parametrize(
    ("spoil", "path", "told"),
    [
        (None, "gone", "datasets.shapes.test_sets.bad: "),
        (None, "gone", "there is no such folder or table"),
        ("c10_labels.npy", "c10_data.npy", "c10_labels.npy is missing, beside c10_data.npy"),
    ],
)
def test_what_is_wrong_with_a_path_is_told_before_anything_starts(sets, spoil, path, told):
    workflow, folder, name_sets = sets
    name_sets(bad=path)
    if spoil:
        (folder / spoil).unlink()
    result = workflow.run(check=False)
    assert result.returncode == 1
    assert told in result.output
    assert "Traceback" not in result.output


def test_what_is_wrong_with_a_set_is_told_by_name(sets):
    workflow, folder, name_sets = sets
    first, *_ = sorted((folder / "folder").iterdir())
    first.rename(first.with_name("unheard of"))
    np.save(folder / "c10_labels.npy", np.full(40, 77))
    name_sets(bad="folder", worse="c10_data.npy")
    targets = [f"results/shapes/test_sets/{name}.h5" for name in ("bad", "worse")]

    result = workflow.run("--keep-going", *targets, check=False)

    assert result.returncode == 1
    assert "the data set has no class 'unheard of'" in result.output
    assert "c10_labels.npy: the label of image 0 is 77; the data set has 10" in result.output
    assert "Traceback" not in result.output
    other = workflow.run("results/shapes/test_sets/wrose.h5", check=False)
    assert "no test set of shapes 'wrose' (did you mean 'worse'?)" in other.output
