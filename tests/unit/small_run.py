"""The files that describe a finished run, with hostile names where names come from outside."""

import json

import numpy as np
from small_metrics import SURENESS
from small_shift import further_set, shift

from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.data.protocols import selected_on
from resnetcam.evaluation.classes import scores_of_classes, write_scores_of_classes
from resnetcam.evaluation.predictions import write_predictions
from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.training.history import write_history

HARDWARE = {"device": "cpu", "device_name": "A | B", "precision": "float32", "threads": 2}
SOURCE = {"path": "images.tar.gz", "sha256": "c4" * 32, "origin": "drawn"}
NOTES = {"twins": [], "removed": 0, "unreadable": [], "ignored": []}


def write_dataset_folder(folder, class_names, source=SOURCE, notes=NOTES):
    """``data.h5`` of four images a class, and what is said of them."""
    labels = np.arange(4 * len(class_names), dtype=np.uint8) % len(class_names)
    pixels = np.random.default_rng(0).integers(0, 255, (len(labels), 4, 4, 3), np.uint8)
    images = LabelledImages(pixels, labels, pixels, labels, tuple(class_names))
    folder.mkdir(parents=True, exist_ok=True)
    write_dataset(folder / "data.h5", images, make_splits(images, len(class_names), 0))
    write(folder / "source.json", source)
    write(folder / "images.json", notes)
    write(folder / "baseline.json", {"accuracy": 0.41})


def write_run(run, class_names, protocol="holdout", **more):
    """A run of two epochs in its folder."""
    run.mkdir(parents=True)
    measured = {} if protocol == "full" else {"val_accuracy": 0.5, "val_loss": 1.0}
    rows = [
        {"epoch": epoch, "seconds": 20.0}
        | dict.fromkeys(("learning_rate", "loss", "penalty", "accuracy"), 0.1)
        | measured
        for epoch in (1, 2)
    ]
    write_history(run / "history.csv", rows)
    metrics = {
        **{"accuracy": 0.9, "balanced_accuracy": 0.8, **SURENESS, "loss": 0.5, "n": 10_000},
        **{"protocol": protocol, "selected_on": selected_on(protocol), "selected_epoch": 2},
        "best": {"epoch": 1, **measured} if measured else None,
        "last": {"epoch": 2, "val_accuracy": None, "val_loss": None, **measured},
    }
    write(run / "metrics.json", metrics | more.get("metrics", {}))
    write(run / "run.json", _provenance(protocol) | more.get("provenance", {}))
    size = {"height": 4, "width": 4, "channels": more.get("channels", 3), "fit": "crop"}
    write(run / "model.json", {"class_names": class_names, **size})
    counts = np.eye(len(class_names), dtype=np.int64) * np.arange(1, len(class_names) + 1) + 1
    write_scores_of_classes(run / "classes.csv", scores_of_classes(counts, class_names))
    labels = np.arange(4 * len(class_names)) % len(class_names)
    logits = np.eye(len(class_names), dtype=np.float32)[labels]
    write_predictions(run / "predictions.h5", {"test": (logits, labels)})
    write(run / "shift.json", shift())
    write(run / "test_sets.json", {"new | *set*": further_set()})
    return run


def _provenance(protocol):
    return {
        "finished": "2026-11-30T10:01:47+00:00",
        "commit": "0123456789abcdef" * 2 + "01234567-dirty",
        "backend": "tensorflow",
        **HARDWARE,
        "hardware": [HARDWARE],
        "system": "Linux x86_64",
        "versions": {"keras": "3.15.1", "python": "3.11.7"},
        "fingerprint": "f" * 32,
        "ingredients": {
            "model": {"family": "resnet_v1", "depth": 20},
            "recipe": {"epochs": 2, "progressive_resizing": [], "optimizer": {"name": "sgd"}},
            "protocol": protocol,
            "seed": 1,
        },
        "training_images": 45_000,
        "parameters": 274_442,
    }


def write(path, content):
    path.write_text(json.dumps(content))
