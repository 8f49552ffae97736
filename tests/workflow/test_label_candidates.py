"""Labels to look at: one table an experiment, from all of its seeds."""

import csv
import json

import h5py
import numpy as np
import pytest

pytestmark = pytest.mark.slow

GROUPS = {"test": "test", "held_out": "validation", "training": "training"}


def probabilities(folder, seed, group):
    """Softmax of what is stored, in the plainest way."""
    with h5py.File(folder / f"seed{seed}/predictions.h5") as file:
        exponentials = np.exp(file[f"{group}/logits"][()].astype(np.float64))
    return exponentials / exponentials.sum(1, keepdims=True)


def numbers_of_images(workflow):
    with h5py.File(workflow.folder / "results/shapes/data.h5") as data:
        split = {name: data[f"holdout/{name}"][()] for name in ("train", "validation")}
    return {"test": np.arange(60), "held_out": split["validation"], "training": split["train"]}


def test_an_added_seed_changes_the_mean_that_labels_are_doubted_by(workflow):
    folder = workflow.folder / "results/shapes/tiny"
    alone = json.loads((folder / "label_candidates.json").read_text())
    assert alone["seeds"] == [1]
    assert {name: one["images"] for name, one in alone["sets"].items()} == {
        "test": 60,
        "held_out": 40,
        "training": 160,
    }
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 7]")
    target = "results/shapes/tiny/label_candidates.csv"

    workflow.run(target)

    both = json.loads((folder / "label_candidates.json").read_text())
    accuracies = [
        json.loads((folder / f"seed{seed}/metrics.json").read_text())["accuracy"] for seed in (1, 7)
    ]
    assert both["seeds"] == [1, 7]
    assert both["accuracy"]["seeds"] == pytest.approx(accuracies)
    assert both["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
    with open(folder / "label_candidates.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(one["candidates"] for one in both["sets"].values()) > 0
    names, numbers = [one["class"] for one in both["sets"]["test"]["classes"]], {}
    for name, group in GROUPS.items():
        mean = np.mean([probabilities(folder, seed, group) for seed in (1, 7)], 0)
        numbers[name] = dict(zip(numbers_of_images(workflow)[name].tolist(), mean, strict=True))
    for row in rows:
        said = numbers[row["set"]][int(row["image"])]
        for column, kind in (("label", "label"), ("suggested_class", "suggestion")):
            told = float(row[f"probability_of_{kind}"])
            assert told == pytest.approx(said[names.index(row[column])], rel=1e-4)
    assert workflow.planned(target) == {}
