"""What the report says of the images: how many, of which classes, from where, and their twins."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import NOTES, SOURCE
from resnetcam.common.wording import shown
from resnetcam.data.chance import share_of_the_most_frequent_class
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.official_or_not import dataset_compared_with_official
from resnetcam.data.protocols import FULL, HOLDOUT
from resnetcam.evaluation.predictions import confusion_matrix, read_predictions
from resnetcam.report.figure_names import CLASS_PAGES
from resnetcam.report.figures.shown_classes import most_mistaken
from resnetcam.sources.layouts import CIFAR10, LAYOUTS
from resnetcam.sources.sizes import DARK

_NAMED, _PAIRS = 20, 5  # files and pairs of twins, at most


def data_facts(path: Path, notes: Path) -> dict[str, Any]:
    """Return the numbers of images, in all and of each class, and what was noted of them."""
    data, about = DatasetReader(path), read_json(notes, NOTES)
    train, test = (
        np.bincount(data.array(name), minlength=len(data.class_names))
        for name in ("y_train", "y_test")
    )
    height, width, channels = data.image_shape
    brightest = about.get("brightest", 255)  # of image files alone it is known
    return {
        "classes": list(zip(data.class_names, train.tolist(), test.tolist(), strict=True)),
        "imbalance": float(train.max() / train.min()),
        "n_train": int(train.sum()),
        "n_used": len(data.split(FULL).train),
        "n_test": int(test.sum()),
        "n_validation": len(data.split(HOLDOUT).validation),
        "height": height,
        "width": width,
        "is_grey": channels == 1,
        "chance": share_of_the_most_frequent_class(data),
        "twins": about["twins"],
        "pairs": [
            (shown(one["test_file"]), shown(one["train_file"]))
            for one in about["twins"][:_PAIRS]
            if "test_file" in one
        ],
        "removed": about["removed"],
        "brightest": brightest,
        "is_dark": brightest < DARK,
        "unreadable": [one | {"path": shown(one["path"])} for one in about["unreadable"][:_NAMED]],
        "n_unreadable": len(about["unreadable"]),
        "ignored": list(map(shown, about["ignored"][:_NAMED])),
        "n_ignored": len(about["ignored"]),
    }


def source_facts(path: Path, data: Path) -> dict[str, Any]:
    """Where the images come from, and which official data set they are, or None.

    CIFAR-10 is told by what ``data.h5`` holds, wherever it comes from; others by their files.
    """
    source = read_json(path, SOURCE)
    is_cifar10, deviations = dataset_compared_with_official(DatasetReader(data))
    layout = LAYOUTS[source.get("layout", CIFAR10)]  # a person's files have none
    is_other = layout is not LAYOUTS[CIFAR10] and source["sha256"] in layout.archives
    return {
        **source,
        "file": source["path"] if source["origin"] == "files" else Path(source["path"]).name,
        "data_set": layout.title,
        "is_cifar10": is_cifar10,
        "official": LAYOUTS[CIFAR10].title if is_cifar10 else layout.title if is_other else None,
        "deviations": deviations,
    }


def classes_with_a_page(
    predictions: Path, classes: Sequence[tuple[str, int, int]]
) -> list[tuple[str, str]]:
    """Return the classes that have a page of their own, and the pages' names."""
    logits, labels = read_predictions(predictions, "test")
    counts = confusion_matrix(labels, logits.argmax(1), len(classes))
    paged = most_mistaken(counts, len(CLASS_PAGES))
    return [(classes[index][0], page) for index, page in zip(paged, CLASS_PAGES, strict=False)]


def without_twins(predictions: Path, twins: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the accuracy on test images that look like no training image; None if all do."""
    logits, labels = read_predictions(predictions, "test")
    is_right = logits.argmax(1) == labels
    alone = np.ones(len(labels), bool)
    alone[[one["test"] for one in twins]] = False
    if alone.all() or not alone.any():
        return None
    return {
        "n": int(alone.sum()),
        "accuracy": float(is_right[alone].mean()),
        "n_twins": int((~alone).sum()),
        "accuracy_of_twins": float(is_right[~alone].mean()),
    }
