"""What goes into the page, in the order of its worth, and what does not fit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resnetcam.common.wording import counted
from resnetcam.explorer.gathering import Group, RunOnPage, Subject, classes_of, read_group
from resnetcam.explorer.packing import (
    MOST_CELLS,
    deflated,
    distinct_maps,
    fitting,
    masks_as_bytes,
    probabilities_as_bytes,
)
from resnetcam.explorer.sprite import Sprite, shrunk_masks, sprite
from resnetcam.report.figures.overlays import Look, colors_of
from resnetcam.report.titles import title

# Of the page's bytes: what images may take, and with them all that is not maps.
_SHARE_OF_IMAGES, _SHARE_WITHOUT_MAPS = 0.45, 0.75
_A_GROUP = 400  # bytes, of a line that says which maps are missing, and more


@dataclass(frozen=True)
class Content:
    """What the page holds.

    Attributes:
        subject: the images that fit.
        sprite: these images.
        data: all else, ready for JSON.
        notes: sentences on how images and maps are stored.
        missing: what did not fit, a line each.
    """

    subject: Subject
    sprite: Sprite
    data: dict[str, Any]
    notes: tuple[str, ...]
    missing: tuple[str, ...]


def fill(subject: Subject, look: Look, most: int) -> Content:
    """Choose what fits into so many bytes: images and probabilities, then maps.

    Of images and probabilities the last images are left out if need be. Then come the maps of the
    default method and layer, those of other methods, and those of other layers; of each the first
    seeds' before the second ones'. Where maps do not fit, those of the last images are left out.
    """
    wanted = len(subject.images.labels)
    while True:
        pictures = sprite(subject.images.pixels, int(_SHARE_OF_IMAGES * most))
        data = _without_maps(subject, pictures, look)
        taken = len(pictures.uri) + len(json.dumps(data))
        n = len(subject.images.labels)
        if taken <= _SHARE_WITHOUT_MAPS * most or n == 1:
            break
        subject = subject.first(max(1, min(n - 1, int(n * _SHARE_WITHOUT_MAPS * most / taken))))
    missing = _add_maps(subject, data, most - taken)
    if n < wanted:
        missing.insert(0, f"the last {counted(wanted - n, 'image')} of {wanted:,}")
    return Content(subject, pictures, data, tuple(_notes(subject, pictures, data)), tuple(missing))


def _without_maps(subject: Subject, pictures: Sprite, look: Look) -> dict[str, Any]:
    images, n = subject.images, len(subject.images.labels)
    masks = shrunk_masks(images.regions, pictures.height, pictures.width)
    colors = colors_of(look)
    return {
        "classes": list(subject.class_names),
        "numbers": images.numbers.tolist(),
        "labels": images.labels.tolist(),
        "files": list(images.files),
        "height": pictures.height,
        "width": pictures.width,
        "columns": pictures.columns,
        "colors": np.rint(255 * colors).astype(int).ravel().tolist(),
        "alpha": look.overlay,
        "regionOf": images.region_of.tolist(),
        "regions": deflated(masks_as_bytes(masks)),
        "candidates": {
            name: {str(place): one for place, one in found.items() if place < n}
            for name, found in subject.candidates.items()
        },
        "runs": [
            {
                "name": run.name,
                "title": run_title(run),
                "experiment": run.experiment,
                "predicted": run.predicted.tolist(),
                "probabilities": deflated(probabilities_as_bytes(run.probabilities)),
                "groups": [],
            }
            for run in subject.runs
        ],
    }


def run_title(run: RunOnPage) -> str:
    """Write which network it is: ``fast, seed 1``."""
    return f"{run.experiment}, seed {run.seed}"


def in_order_of_worth(runs: Sequence[RunOnPage]) -> list[tuple[int, Group]]:
    """Return (position of the run, group) pairs: what is to be on the page, the first first."""
    turns = [
        sum(one.experiment == run.experiment for one in runs[:position])
        for position, run in enumerate(runs)
    ]
    everything = [(position, group) for position, run in enumerate(runs) for group in run.groups]

    def worth(position: int, group: Group) -> tuple[bool, bool, int]:
        default = runs[position].default
        return group.layer != default.layer, group != default, turns[position]

    return sorted(everything, key=lambda one: worth(*one))


def _add_maps(subject: Subject, data: dict[str, Any], left: int) -> list[str]:
    """Put maps into the runs' ``groups`` while there is room; return what is missing."""
    missing = []
    for position, group in in_order_of_worth(subject.runs):
        run = subject.runs[position]
        packed, text = _packed(subject, run, group, left - _A_GROUP)
        left -= len(text) + len(json.dumps(packed)) + _A_GROUP
        data["runs"][position]["groups"].append(packed | {"data": text})
        n, images = len(subject.images.labels), packed["images"]
        if images < n:
            what = f"{run_title(run)}: {title(group.method)} at {group.layer}"
            missing.append(f"{what}: {_last(n - images, n)}")
    return missing


def _last(count: int, n: int) -> str:
    return f"all {counted(n, 'image')}" if count == n else f"the last {count:,} of {n:,} images"


def _packed(
    subject: Subject, run: RunOnPage, group: Group, most: int
) -> tuple[dict[str, Any], str]:
    """What is said of a group's maps, and those of the first images, as many as fit."""
    classes = classes_of(group, run, subject.images, subject.class_names)
    maps, cells = read_group(group, run, subject.images, classes)
    pairs = distinct_maps(classes)
    of_image = [image for image, _ in pairs]
    starts = np.searchsorted(of_image, np.arange(classes.shape[1] + 1)).tolist()
    bits = 8 if group.layer == run.default.layer else 4
    stored = maps[[choice for _, choice in pairs], of_image]
    images, text = fitting(stored, starts, bits, most)
    said = {
        "method": title(group.method),
        "layer": group.layer,
        "choices": list(group.choices),
        "knowsClass": group.knows_a_class,
        "height": maps.shape[2],
        "width": maps.shape[3],
        "cells": list(cells),
        "bits": bits,
        "images": images,
    }
    return said, text


def _notes(subject: Subject, pictures: Sprite, data: Mapping[str, Any]) -> list[str]:
    height, width = subject.images.pixels.shape[1:3]
    notes = []
    if (pictures.height, pictures.width) != (height, width):
        notes.append(
            f"Images of {height} × {width} pixels are shrunk to {pictures.height} × "
            f"{pictures.width}."
        )
    if not pictures.is_lossless:
        notes.append(f"Images are compressed with loss (WebP, quality {pictures.quality}).")
    notes.append(
        "Maps are stored in 256 steps from their lowest value to their peak, those of layers "
        "other than the default one in 16 steps. Each is stretched over all colours, so bright "
        "means a map's own peak, which is written below it. Colours and blending are those of the "
        "report's figures."
    )
    groups = [group for run in data["runs"] for group in run["groups"]]
    fine = sorted({tuple(group["cells"]) for group in groups if max(group["cells"]) > MOST_CELLS})
    if fine:
        sizes = ", ".join(f"{h} × {w}" for h, w in fine)
        notes.append(
            f"Maps of more than {MOST_CELLS} cells a side ({sizes}) are reduced to at most "
            f"{MOST_CELLS}: each cell shows the highest value of its neighbourhood."
        )
    return notes
