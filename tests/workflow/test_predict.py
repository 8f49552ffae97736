"""Answers for new images: of the workflow and of the command, and what runs again."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import read_predictions, softmax
from resnetcam.explain.maps import default_group, read_maps
from resnetcam.prediction.stored import read_answers

pytestmark = pytest.mark.slow

RUN = "results/shapes/tiny/seed1"
STAGES = {"read_new_images": 1, "classify_new_images": 1, "show_answers": 1, "predict": 1}
MODEL = f"model={RUN}"


@pytest.fixture
def images(finished_workflow, tmp_path):
    """A folder of twelve test images and of a file that is none."""
    folder = tmp_path / "new images"
    folder.mkdir()
    data = DatasetReader(finished_workflow.folder / "results/shapes/data.h5")
    for index, image in enumerate(data.array("x_test")[:12]):
        Image.fromarray(image).save(folder / f"{index:02}.png")
    (folder / "note.txt").write_text("hello")
    return folder


def settings(images):
    return ["--configfile", "tiny.yaml", "--config", f"images={images}", MODEL]


def calibrated(run, logits):
    temperature = json.loads((run / "metrics.json").read_text())["temperature"]
    return softmax(logits / np.float32(temperature or 1))


def table_in(folder):
    with open(folder / "predictions.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_test_images_get_the_answers_that_the_run_has_of_them(workflow, images):
    output = workflow.run("predict", *settings(images)).output

    (folder,) = (workflow.folder / "results/predictions").iterdir()
    assert f"Answers: results/predictions/{folder.name}/predictions.html" in output
    assert "note.txt is left out: not an image" in output
    run = workflow.folder / RUN
    logits, _ = read_predictions(run / "predictions.h5", "test")
    answers = read_answers(folder / "answers.h5")
    np.testing.assert_allclose(answers.logits, logits[:12], atol=1e-4)
    maps = read_maps(run / "gradcam.h5", default_group(run / "gradcam.h5", "predicted"))
    np.testing.assert_allclose(answers.maps, maps.maps[:12], atol=1e-4)
    rows = table_in(folder)
    assert [row["path"] for row in rows] == [f"{i:02}.png" for i in range(12)] + ["note.txt"]
    names = DatasetReader(workflow.folder / "results/shapes/data.h5").class_names
    for row, probabilities in zip(rows, calibrated(run, logits[:12]), strict=False):
        assert row["label"] == names[probabilities.argmax()]
        assert float(row[f"p_{row['label']}"]) == pytest.approx(probabilities.max(), abs=1e-4)
    page = (folder / "predictions.html").read_text()
    accuracy = json.loads((run / "metrics.json").read_text())["accuracy"]
    assert f"right on {accuracy:.1%} of 60 test images" in page
    assert "Do its maps show what it uses? On test images: By deletion, Grad-CAM" in page
    assert page.count("<section") == 12

    assert workflow.planned("predict", *settings(images)) == {}
    Image.new("RGB", (50, 40)).save(images / "one more.png")
    assert workflow.planned("predict", *settings(images)) == STAGES
    model = workflow.folder / RUN / "model.keras"
    (workflow.folder / RUN / "metrics.json").unlink()
    assert workflow.planned("predict", *settings(images / "00.png")) == STAGES
    model.unlink()
    refused = workflow.run("predict", *settings(images), check=False)
    assert refused.returncode == 1
    assert f"model: there is no {RUN}/model.keras" in refused.output


def test_nothing_runs_before_it_is_said_what_is_asked(workflow, images):
    for arguments, words in (
        ([], "`images` is not set"),
        (["--config", f"images={images}"], "`model` is not set"),
        (["--config", "images=/nowhere", MODEL], "/nowhere does not exist"),
    ):
        refused = workflow.run("predict", "--configfile", "tiny.yaml", *arguments, check=False)
        assert refused.returncode == 1
        assert words in refused.output
        assert "Traceback" not in refused.output


def command(workflow, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "resnetcam", "predict", *map(str, arguments)],
        cwd=workflow.folder,
        env=os.environ | {"PYTHONPATH": str(workflow.folder / "scripts"), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_gives_the_same_answers_without_a_workflow(workflow, images):
    model = workflow.folder / RUN / "model.keras"
    done = command(workflow, model, images, "--output", "out", "--device", "cpu")

    assert done.returncode == 0, done.stderr
    assert "note.txt: not read: not an image" in done.stdout
    assert done.stdout.count("\n") == 14
    assert done.stdout.endswith("Page and table: out/predictions.html, predictions.csv\n")
    rows, run = table_in(workflow.folder / "out"), workflow.folder / RUN
    logits, _ = read_predictions(run / "predictions.h5", "test")
    for row, probabilities in zip(rows, calibrated(run, logits[:12]), strict=False):
        assert float(row["probability"]) == pytest.approx(probabilities.max(), abs=1e-4)

    (workflow.folder / "file").touch()
    for given, output, words in (
        (images / "note.txt", "out", "note.txt is cut off, or no .keras file"),
        (model.parent, "file", "file: File exists."),
        (model.parent, "file/below", "file/below: Not a directory."),
    ):
        refused = command(workflow, given, images, "--output", output, "--device", "cpu")
        assert refused.returncode == 1
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr
