"""A person's own images: from a folder to the report, and what runs again when files change."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from resnetcam.common import hdf5
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import read_predictions
from resnetcam.sources import shapes

pytestmark = pytest.mark.slow

CLASSES = ("arrow", "circle", "star")
KINDS = ("png", "jpg", "webp", "bmp", "tif", "gif")
RUN = "results/mine/tiny/seed1"
READING = {"list_images": 1, "decode_images": 1}


def draw(folder, count=90, seed=0):
    """Images of three unequal classes, of several formats and sizes."""
    images = shapes.draw(count * 5, 1, seed).images
    random = np.random.default_rng(seed)
    for name, number in zip(CLASSES, (count // 6, count // 3, count // 2), strict=True):
        (folder / name).mkdir(parents=True, exist_ok=True)
        chosen = np.flatnonzero(images.y_train == images.class_names.index(name))[:number]
        for index in chosen:
            size = tuple(int(random.integers(24, 60)) for _ in range(2))
            kind = KINDS[index % len(KINDS)]
            image = Image.fromarray(images.x_train[index]).resize(size)
            image.save(folder / name / f"{index:05}.{kind}")


def settings(images, **more):
    return {
        "dataset": "mine",
        "datasets": {
            "mine": {
                "folder": str(images),
                "side": 24,
                "experiments": ["tiny"],
                "gradcam": {"methods": ["gradcam"], "layers": ["final"], "images": 10, "steps": 2},
            }
            | more
        },
    }


@pytest.fixture
def mine(fresh_workflow, tmp_path):
    """A fresh workflow, and a function that runs it on a folder of images beside it."""
    workflow = fresh_workflow()
    folder = tmp_path / "my images"
    draw(folder)

    def run(*arguments, check=True, plan=False, **more):
        text = yaml.safe_dump(settings(folder, **more))
        (workflow.folder / "mine.yaml").write_text(text)
        overlay = [*arguments, "--configfile", "tiny.yaml", "mine.yaml"]
        return workflow.planned(*overlay) if plan else workflow.run(*overlay, check=check)

    run.images, run.folder = folder, workflow.folder
    return run


def test_a_folder_runs_to_its_report_and_only_changed_contents_run_again(mine):
    output = mine().output

    assert "Report: results/mine/report.md" in output
    data = DatasetReader(mine.folder / "results/mine/data.h5")
    assert data.class_names == CLASSES
    assert data.image_shape == (24, 24, 3)
    report = (mine.folder / "results/mine/report.md").read_text()
    assert "/my images; SHA-256" in report
    assert "Not the official" not in report
    assert "times as many training images as the rarest" in report
    assert "the balanced accuracy, the mean of the classes' recalls" in report
    assert mine(plan=True) == {}

    first = sorted((mine.images / "arrow").iterdir())[0]
    os.utime(first, (1, 1))
    assert mine(plan=True)["list_images"] == 1
    mine("results/mine/source.json")
    assert mine(plan=True) == {}, "the contents are what they were"

    first.unlink()
    mine("results/mine/source.json")
    assert mine(plan=True)["decode_images"] == 1


def test_files_that_cannot_be_read_are_named_and_by_setting_left_out(mine):
    (mine.images / 'star/it\'s "so".png').write_text("hello")
    (mine.images / "circle/a\nb.png").write_bytes(b"")
    (mine.images / "arrow/00000.png").symlink_to(mine.images / "gone.png")
    (mine.images / "notes.txt").write_text("hello")

    output = mine("results/mine/data.h5", check=False).output
    assert "notes.txt belongs to no class and is left out" in output
    assert "3 of 93 images cannot be read" in output
    assert 'so".png: not an image; known formats are' in output
    assert "a\\nb.png': an empty file" in output
    assert "arrow/00000.png: No such file or directory" in output
    assert not (mine.folder / "results/mine/data.h5").exists()

    mine("results/mine/data.h5", unreadable="skip")
    notes = json.loads((mine.folder / "results/mine/images.json").read_text())
    assert len(notes["unreadable"]) == 3
    assert [os.path.basename(path) for path in notes["ignored"]] == ["notes.txt"]


def test_what_is_wrong_with_a_folder_is_told_before_anything_starts(mine):
    shutil.copytree(mine.images / "star", mine.images / "Star")
    result = mine(check=False)
    assert result.returncode == 1
    assert "the classes 'Star' and 'star' look alike" in result.output
    assert not (mine.folder / "results").exists()


def test_images_that_were_said_to_be_held_out_are_not_announced_as_training_ones(mine):
    for name in CLASSES:
        files = sorted((mine.images / name).iterdir())
        for split, some in {"test": files[:2], "val": files[2:7], "train": files[7:]}.items():
            (mine.images / split / name).mkdir(parents=True)
            for file in some:
                file.rename(mine.images / split / name / file.name)
        (mine.images / name).rmdir()
    trains = len(list(mine.images.glob("train/*/*")))
    assert f"of {trains} images." in mine("-n").output


def assert_that_the_report_tells_both_accuracies(folder, report, leaked):
    """Of all test images, of those that nobody leaked, and of those that somebody did."""
    with hdf5.reading(folder / "results/mine/data.h5") as file:
        tests = [Path(name) for name in file["test_files"].asstr()]
        trains = [Path(name) for name in file["train_files"].asstr()]
    notes = json.loads((folder / "results/mine/images.json").read_text())
    pairs = {(tests[one["test"]], trains[one["train"]].name) for one in notes["twins"]}
    assert pairs == {(path, f"again {path.stem}.jpg") for path in leaked}

    logits, labels = read_predictions(folder / RUN / "predictions.h5", "test")
    right = logits.argmax(1) == labels
    alone = np.array([path not in leaked for path in tests])
    assert (len(tests), alone.sum()) == (18, 14)
    everywhere, without, with_one = right.mean(), right[alone].mean(), right[~alone].mean()
    row = f"| tiny, seed 1 | {everywhere:.1%} | {without:.1%} of 14 | {with_one:.1%} of 4 |"
    assert row in report


def test_a_planted_leak_is_reported_and_by_setting_removed(mine):
    """The same pictures to train and to test on, resized and compressed again."""
    mine("results/mine/data.h5")
    data = DatasetReader(mine.folder / "results/mine/data.h5")
    assert json.loads((mine.folder / "results/mine/images.json").read_text())["twins"] == []
    divided = mine.images.with_name("divided")
    for split, pixels, labels in (
        ("train", data.array("x_train"), data.array("y_train")),
        ("test", data.array("x_test"), data.array("y_test")),
    ):
        for index, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            path = divided / split / CLASSES[label] / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).resize((48, 48), Image.Resampling.BICUBIC).save(path)
    leaked = sorted((divided / "test/star").iterdir())[:4]
    for path in leaked:
        small = Image.open(path).resize((40, 40), Image.Resampling.BICUBIC)
        small.save(divided / "train/star" / f"again {path.stem}.jpg", quality=70)

    mine(folder=str(divided))
    report = (mine.folder / "results/mine/report.md").read_text()
    assert "**Near-duplicates (`twins`).** 4 test images look like a training image" in report
    assert_that_the_report_tells_both_accuracies(mine.folder, report, leaked)
    trained = json.loads((mine.folder / RUN / "run.json").read_text())["training_images"]

    mine(folder=str(divided), twins="remove")
    report = (mine.folder / "results/mine/report.md").read_text()
    assert "Those 4 training images were left out of training" in report
    fewer = json.loads((mine.folder / RUN / "run.json").read_text())["training_images"]
    assert 3 <= trained - fewer <= 4, "those that trained, not those that were held out"
