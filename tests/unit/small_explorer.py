"""Results of small networks that were never trained, for a page to look through their images."""

import csv
import json
from pathlib import Path

import numpy as np

from resnetcam.data.dataset import DatasetReader
from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.evaluation.predictions import write_predictions
from resnetcam.explain.maps import GroupName, Maps, write_maps
from resnetcam.explorer.gathering import read_subject
from resnetcam.explorer.page import write_page
from resnetcam.regions.conventions import annotation_scale
from resnetcam.regions.on_images import image_name
from resnetcam.report.figures.overlays import Look
from resnetcam.sources.labelled_images import LabelledImages

REPORT = Path(__file__).parents[2] / "report"
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)> & a very long name of a class ' + "W" * 60,
    "שלום \u202eabc",
)
METHODS = ("gradcam", "eigencam", "layercam")
LAYERS = {"final": 4, "stage2": 8, "stage1": 33}


def write_results(folder, names=("a", "b", "c"), n=20, side=8, channels=3, files=(), **choices):
    """Write what the rule reads of three runs: experiment ``one`` with two seeds, and ``two``.

    Args:
        choices: ``methods`` of experiment two; ``with_maps``, how many images have all maps;
            ``classes``, that maps explain beside the predicted and the true one; ``said``, the one
            class that every network says; ``regions``, whether they are known.

    Returns:
        Keyword arguments of ``read_subject``.
    """
    random = np.random.default_rng(0)
    y = (np.arange(n) % len(names)).astype(np.uint8)
    train = np.arange(3 * len(names), dtype=np.uint8) % len(names)
    x, x_train = (
        random.integers(0, 256, (len(of), side, side, channels), np.uint8) for of in (y, train)
    )
    images = LabelledImages(x_train, train, x, y, names, test_files=files)
    write_dataset(folder / "data.h5", images, make_splits(images, len(names), 0))
    runs = [("one", 1), ("one", 2), ("two", 1)]
    for number, (experiment, seed) in enumerate(runs):
        run = folder / experiment / f"seed{seed}"
        logits = np.random.default_rng(number).normal(0, 2, (n, len(names))).astype(np.float32)
        logits[np.arange(n), choices.get("said", y)] += 3
        write_predictions(run / "predictions.h5", {"test": (logits, y)})
        methods = choices.get("methods", METHODS) if experiment == "two" else METHODS
        write_maps(run / "gradcam.h5", _maps(logits, y, names, **choices | {"methods": methods}))
        _write_candidates(run.parent / "label_candidates.csv", names)
    if choices.get("regions"):
        _write_regions(folder / "regions.csv", y, names, side)
    paths = {
        name: [folder / one / f"seed{seed}/{file}" for one, seed in runs]
        for name, file in (("predictions", "predictions.h5"), ("maps", "gradcam.h5"))
    }
    return paths | {
        "data": DatasetReader(folder / "data.h5"),
        "candidates": [folder / one / "label_candidates.csv" for one in ("one", "two")],
        "regions": folder / "regions.csv" if choices.get("regions") else None,
    }


def write_explorer(folder, dataset="small", most_bytes=8_000_000, **results):
    """Write results and their page; return the page's path and its subject."""
    subject = read_subject(**write_results(folder, **results))
    path = folder / "explorer.html"
    write_page(path, REPORT, dataset, subject, Look(), most_bytes)
    return path, subject


def _maps(logits, labels, names, methods, with_maps=None, classes=(), **_):
    """Maps that follow from image, class, method and layer; those of image 1 may be flat."""
    n, groups = len(labels), {}
    few = with_maps or n
    chosen = {"predicted": logits.argmax(1), "true": labels}
    chosen |= {one: np.full(n, names.index(one)) for one in classes}
    for number, (layer, side) in enumerate(LAYERS.items()):
        for method in methods:
            default = (method, layer) == (methods[0], "final")
            for choice, of in chosen.items():
                maps = np.stack(
                    [
                        _map(i, int(of[i]) if method != "eigencam" else 0, len(method), side)
                        for i in range(n if default else few)
                    ]
                )
                if number == 0 and method == methods[0]:
                    maps[1] = 0
                index = np.arange(len(maps), dtype=np.uint32)
                name = GroupName(method, layer, choice)
                groups[name] = Maps(maps, of[: len(maps)].astype(np.uint8), index)
    return groups


def _map(image, of_class, method, side):
    random = np.random.default_rng([image, of_class, method, side])
    return (random.random((side, side)) ** 3 * (1 + image)).astype(np.float32)


def _write_candidates(path, names):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "image", "label", "suggested_class"])
        writer.writerow(["test", 0, names[0], names[-1]])
        writer.writerow(["training", 2, names[-1], names[0]])


def _write_regions(path, labels, names, side):
    """Half of the pixels of image 0, from the left."""
    high = side * annotation_scale(side)
    rectangle = {"name": "rect", "x": 0, "y": 0, "width": high // 2, "height": high}
    shape = json.dumps(rectangle).replace('"', '""')
    path.write_text(
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
        f'region_attributes\n{image_name(0, names[labels[0]])},1,{{}},1,0,"{shape}",{{}}\n'
    )
