"""What annotated regions mean on the workflow's own images.

Images are annotated enlarged: a pixel of the small image becomes a square of ``scale`` x ``scale``
pixels, and pixel (row, column) covers x from column * scale to (column + 1) * scale, likewise y.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from resnetcam.regions.conventions import LABEL_ATTRIBUTE, annotation_scale
from resnetcam.regions.export import (
    AREAS,
    Export,
    Problem,
    Region,
    by_kind,
    printable,
    problem_lines,
)
from resnetcam.regions.geometry import area, extent, rasterise

_MOST_NAMES = 5


@dataclass(frozen=True, eq=False)
class RegionMasks:
    """The annotated part of M images.

    Attributes:
        image_index: uint32 (M,), ascending; indices into the test images.
        masks: bool (M, height, width), true inside the regions; none is empty.
        problems: what was left out or clipped, and why.
    """

    image_index: np.ndarray
    masks: np.ndarray
    problems: tuple[Problem, ...]


def image_name(index: int, class_name: str) -> str:
    """Return the file name of a test image, such as ``test_00012_cat.png``.

    Characters of the class name that are not letters, digits, ``_`` or ``-`` become ``-``.
    """
    safe_name = re.sub(r"[^\w-]", "-", class_name)
    return f"test_{index:05d}_{safe_name}.png"


def image_index(filename: str) -> int | None:
    """Return the index that ``image_name`` put into a file name, or None for another name.

    Directories before the name (with either slash) and other extensions are tolerated.
    """
    match = re.fullmatch(r"(?:.*[/\\])?test_([0-9]{5,9})[_.][^/\\]*", filename, re.DOTALL)
    return int(match[1]) if match else None


def masks_for_images(
    export: Export, labels: np.ndarray, class_names: Sequence[str], size: tuple[int, int]
) -> RegionMasks:
    """Unite the regions of each image that are of the image's own class.

    Args:
        export: regions in pixels of images enlarged ``annotation_scale`` times, under
            ``image_name`` names. ``LABEL_ATTRIBUTE`` holds their class; a region without one is
            assumed to have its image's, which is listed as a problem that loses nothing.
        labels: unsigned integers (N,), the class of every test image.
        class_names: names of the classes, in the order of their indices.
        size: height and width of the small images, in pixels.

    Regions left out, each with a problem: on a file that is no test image, of an unknown class or
    another class than the image's, points and lines, and what is smaller than a pixel or has none
    inside. An image of which none is left is not in the result.
    """
    masks: dict[int, np.ndarray] = {}
    problems: list[Problem] = []
    for region in export.regions:
        try:
            index, mask, doubts = _used(region, labels, class_names, size)
        except _LeftOutError as left_out:
            problems.append(
                _problem(region, left_out.found, "region left out", left_out.kind, lost=True)
            )
            continue
        problems += doubts
        masks[index] = masks.get(index, False) | mask
    indices = sorted(masks)
    stacked = np.array([masks[index] for index in indices], bool).reshape(-1, *size)
    return RegionMasks(np.array(indices, np.uint32), stacked, tuple(problems))


def describe_use(export: Export, known: RegionMasks) -> list[str]:
    """Say in lines how many regions are used, which are left out and why, and what is still empty.

    Args:
        export: what was read.
        known: what ``masks_for_images`` made of it.
    """
    left_out = sum(problem.lost for problem in known.problems)
    n = len(export.regions)
    on = len(known.image_index)
    lines = [f"used: {n - left_out:,} of {n:,} regions, on {on:,} image{'s' * (on != 1)}"]
    lines += problem_lines(known.problems)
    used = set(known.image_index.tolist())
    asked = {index: name for name in export.images if (index := image_index(name)) is not None}
    if empty := [name for index, name in sorted(asked.items()) if index not in used]:
        shown = ", ".join(map(printable, empty[:_MOST_NAMES])) + (
            ", ..." if len(empty) > _MOST_NAMES else ""
        )
        lines.append(
            f"without a used region: {len(empty):,} of the {len(asked):,} images that the file "
            f"names ({shown})"
        )
    return lines


def summary(export: Export) -> dict[str, object]:
    """Describe an export in plain values, ready for JSON.

    Areas are in square ``unit``, before clipping, for the shapes that have one. Sides are the
    square roots of all areas, in ascending order. Problems are grouped by kind, the worst first.
    """
    values: dict[str, Counter[str]] = {}
    for region in export.regions:
        for name, value in region.attributes.items():
            values.setdefault(name, Counter())[value] += 1
    areas = [one for region in export.regions if (one := area(region)) is not None]
    groups = by_kind(export.problems)
    levels = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}
    return {
        "images": len(export.images),
        "images_with_regions": len({region.filename for region in export.regions}),
        "regions": len(export.regions),
        "shapes": _sorted_counts(Counter(region.shape for region in export.regions)),
        "attributes": {name: _sorted_counts(values[name]) for name in sorted(values)},
        "unit": _unit(export),
        "area_px2": {k: float(np.quantile(areas, q)) for k, q in levels.items()} if areas else None,
        "sides_px": sorted(round(math.sqrt(one), 1) for one in areas),
        "problems": [
            {
                "kind": group[0].kind,
                "lost": group[0].lost,
                "message": line,
                "rows": [problem.row for problem in group],
            }
            for group, line in zip(groups, problem_lines(export.problems), strict=True)
        ],
    }


def _unit(export: Export) -> str:
    """In which pixels the coordinates of an export are."""
    if export.images and all(image_index(name) is not None for name in export.images):
        return "pixels of enlarged test images"
    return "pixels of the annotated image"


class _LeftOutError(Exception):
    """A region that is not used: what was found, and of which kind that is."""

    def __init__(self, found: str, kind: str) -> None:
        super().__init__(found, kind)
        self.found = found
        self.kind = kind


def _problem(region: Region, found: str, done: str, kind: str, lost: bool = False) -> Problem:
    return Problem(region.row, region.filename, f"{found}; {done}", f"{kind}; {done}", lost)


def _used(
    region: Region, labels: np.ndarray, class_names: Sequence[str], size: tuple[int, int]
) -> tuple[int, np.ndarray, list[Problem]]:
    """Return the image that a region is drawn on, its mask there, and what was done to use it.

    Raises:
        _LeftOutError: if it is not used.
    """
    height, width = size
    scale = annotation_scale(height)
    index = _test_image(region, labels)
    labelled = _has_class(region, index, class_names[labels[index]])
    mask = _mask(region, height, width, scale)
    doubts = []
    if not labelled:
        found = f"no {LABEL_ATTRIBUTE!r} is chosen"
        doubts.append(_problem(region, found, "assumed to be its image's", found))
    if _reaches_out(region, height * scale, width * scale):
        where = f"out of the {width * scale} x {height * scale} px image"
        found, kind = f"{region.shape} reaches {where}", f"a region reaches {where}"
        doubts.append(_problem(region, found, "clipped", kind))
    return index, mask, doubts


def _test_image(region: Region, labels: np.ndarray) -> int:
    """Return the index of the test image that a region is drawn on."""
    kind = "on a file that is no test image"
    index = image_index(region.filename)
    if index is None:
        example = "the file name is not that of a test image, such as test_00012_cat.png"
        raise _LeftOutError(example, kind)
    if index >= len(labels):
        last = len(labels) - 1
        raise _LeftOutError(f"test image {index} does not exist, the last one is {last}", kind)
    return index


def _has_class(region: Region, index: int, name: str) -> bool:
    """Tell whether a class is chosen; it must be the image's, and so must its file's name be."""
    label = region.attributes.get(LABEL_ATTRIBUTE, "")
    if not label:
        stem = PurePosixPath(region.filename.replace("\\", "/")).stem
        if stem not in (PurePosixPath(image_name(index, name)).stem, f"test_{index:05d}"):
            found = f"no {LABEL_ATTRIBUTE!r} is chosen, and the image's class is {name!r}"
            raise _LeftOutError(found, "without a class on a file that is named after another")
        return False
    if label != name:
        found = f"labelled {label!r}, but the image's class is {name!r}"
        raise _LeftOutError(found, "of another class than the image's")
    return True


def _mask(region: Region, height: int, width: int, scale: float) -> np.ndarray:
    if region.shape not in AREAS:
        raise _LeftOutError(f"a {region.shape} has no area", "a point or a line")
    mask = rasterise(region, height, width, scale)
    left, top, right, bottom = extent(region)
    if (right - left) * (bottom - top) < scale**2:
        found = f"the {region.shape} is smaller than a pixel of the image"
        raise _LeftOutError(found, "smaller than a pixel of the image")
    if not mask.any():
        kind = "covers no pixel of the image"
        raise _LeftOutError(f"the {region.shape} {kind}", kind)
    return mask


def _reaches_out(region: Region, height: float, width: float) -> bool:
    left, top, right, bottom = extent(region)
    return left < 0 or top < 0 or right > width or bottom > height


def _sorted_counts(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
