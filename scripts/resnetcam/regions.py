"""What annotated regions mean on the workflow's own images.

Images are annotated enlarged: a pixel of the small image becomes a square of ``scale`` x ``scale``
pixels, and pixel (row, column) covers x from column * scale to (column + 1) * scale, likewise y.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from resnetcam.files import replacing
from resnetcam.via import Export, Problem, Region, write_project

README = """\
How to draw regions on these {n} images, so that Grad-CAM's localisation can be scored with them

1. Download VIA 2 (https://www.robots.ox.ac.uk/~vgg/software/via/; not VIA 3), put its via.html
   into this folder, beside the images, and open it in a browser.
2. Project > Load, and choose project.json. If an image is not found: Project > Add local files,
   and choose the PNG files of this folder.
3. Draw one or more regions around the object of each image, as rectangle, circle, ellipse or
   polygon, and choose its "{label_attribute}" (select the region, then press the space bar).
   Regions of another class than the image's own are left out, and so are regions without one.
4. Annotation > Export Annotations (as csv), and keep that file outside of results/, which can be
   deleted at any time: as resources/regions.csv, for example.
5. Set datasets.<name>.regions in config.yaml to the path of that file, and run the workflow again.

The images are enlarged {scale} times. Keep their file names: the number in a name says which test
image it is.
"""


_NO_TEST_IMAGE = "the file name is not that of a test image, such as test_00012_cat.png"


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


def rasterise(region: Region, height: int, width: int, scale: float) -> np.ndarray:
    """Return the pixels of the small image that belong to a region.

    A pixel belongs to an area (rect, circle, ellipse, polygon) if its centre lies inside; polygons
    follow the even-odd rule. A point is the pixel that contains it, a polyline the pixels that
    it passes through. Whatever lies outside the image is clipped.

    Args:
        region: in pixels of the enlarged image.
        height, width: of the small image, in pixels.
        scale: enlarged pixels to a small one, along each side.

    Returns:
        bool (height, width).
    """
    x = (np.arange(width) + 0.5) * scale
    y = (np.arange(height)[:, None] + 0.5) * scale
    shape, g = region.shape, region.geometry
    if shape == "rect":
        in_columns = (g["x"] <= x) & (x < g["x"] + g["width"])
        return in_columns & (g["y"] <= y) & (y < g["y"] + g["height"])
    if shape == "circle":
        return (x - g["cx"]) ** 2 + (y - g["cy"]) ** 2 <= g["r"] ** 2
    if shape == "ellipse":
        return _inside_ellipse(x - g["cx"], y - g["cy"], g["rx"], g["ry"], g.get("theta", 0.0))
    vertices = _vertices(region) / scale
    if shape == "polygon":
        return _inside_polygon(x / scale, y / scale, vertices)
    return _pixels_along(vertices, height, width)


def masks_for_images(
    export: Export,
    labels: np.ndarray,
    class_names: Sequence[str],
    height: int,
    width: int,
    scale: float,
    label_attribute: str,
) -> RegionMasks:
    """Unite the regions of each image that are labelled with the image's own class.

    Args:
        export: regions in pixels of images enlarged ``scale`` times, under ``image_name`` names.
        labels: uint8 (N,), the class of every test image.
        class_names: names of the classes, in the order of their indices.
        height, width: of the small images, in pixels.
        scale: enlarged pixels to a small one, along each side.
        label_attribute: the region attribute that holds a class name.

    Regions left out, each with a problem: on a file that is no test image, without a label, of an
    unknown class or another class than the image's, or with no pixel inside. An image of which
    none is left is not in the result.
    """
    masks: dict[int, np.ndarray] = {}
    problems: list[Problem] = []

    def report(region: Region, message: str) -> None:
        problems.append(Problem(region.row, region.filename, message))

    for region in export.regions:
        index = image_index(region.filename)
        if index is None:
            report(region, f"{_NO_TEST_IMAGE}; region left out")
            continue
        if reason := _reason_to_skip(region, index, labels, class_names, label_attribute):
            report(region, f"{reason}; region left out")
            continue
        mask = rasterise(region, height, width, scale)
        if not mask.any():
            report(region, f"the {region.shape} covers no pixel of the image; region left out")
            continue
        if _reaches_out(region, height * scale, width * scale):
            size = f"{width * scale:g} x {height * scale:g} px"
            report(region, f"{region.shape} reaches out of the {size} image; clipped")
        masks[index] = masks.get(index, False) | mask
    indices = sorted(masks)
    stacked = np.array([masks[index] for index in indices], bool).reshape(-1, height, width)
    return RegionMasks(np.array(indices, np.uint32), stacked, tuple(problems))


def summary(export: Export) -> dict[str, object]:
    """Describe an export in plain values, ready for JSON.

    Areas are in square pixels of the annotated images, before clipping, for the shapes that have
    one; for a polygon that crosses itself, the area of the shoelace formula. Sides are the square
    roots of all areas, in ascending order.
    """
    values: dict[str, Counter[str]] = {}
    for region in export.regions:
        for name, value in region.attributes.items():
            values.setdefault(name, Counter())[value] += 1
    areas = [area for region in export.regions if (area := _area(region)) is not None]
    levels = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}
    return {
        "images": len(export.images),
        "images_with_regions": len({region.filename for region in export.regions}),
        "regions": len(export.regions),
        "shapes": _sorted_counts(Counter(region.shape for region in export.regions)),
        "attributes": {name: _sorted_counts(values[name]) for name in sorted(values)},
        "area_px2": {k: float(np.quantile(areas, q)) for k, q in levels.items()} if areas else None,
        "sides_px": sorted(round(math.sqrt(area), 1) for area in areas),
        "problems": [
            {"row": problem.row, "filename": problem.filename, "message": problem.message}
            for problem in export.problems
        ],
    }


def choose_images(total: int, count: int, explained: int) -> np.ndarray:
    """Choose test images to draw on, at random; who asks for more gets the same ones and others.

    Args:
        total: the number of test images.
        count: how many to choose; fewer come where fewer are explained.
        explained: only the first so many have maps by every method.

    Returns:
        int64 (count,), ascending.
    """
    generator = np.random.Generator(np.random.Philox(key=[0, total]))
    order = generator.permutation(total)
    return np.sort(order[order < explained][:count])


def write_annotation_kit(
    folder: str | Path,
    images: np.ndarray,
    indices: Sequence[int],
    labels: np.ndarray,
    class_names: Sequence[str],
    scale: int,
    label_attribute: str = "class",
) -> None:
    """Write what a person needs to draw regions: PNG files, ``project.json`` and ``README.txt``.

    Args:
        folder: made if need be; other files in it stay.
        images: uint8 (n, height, width, 3), RGB; enlarged by nearest neighbour.
        indices: (n,), their indices among the test images, which become part of their names.
        labels: uint8 (n,), their classes.
        class_names: names of the classes, offered in VIA as values of ``label_attribute``.
        scale: enlarged pixels to a small one, along each side.
        label_attribute: the region attribute that holds a class name.
    """
    folder = Path(folder)
    names = []
    for image, index, label in zip(images, indices, labels, strict=True):
        names.append(image_name(int(index), class_names[label]))
        with replacing(folder / names[-1]) as temporary:
            Image.fromarray(image.repeat(scale, axis=0).repeat(scale, axis=1)).save(temporary)
    write_project(folder / "project.json", names, label_attribute, class_names)
    text = README.format(n=len(names), scale=scale, label_attribute=label_attribute)
    with replacing(folder / "README.txt") as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _reason_to_skip(
    region: Region,
    index: int,
    labels: np.ndarray,
    class_names: Sequence[str],
    label_attribute: str,
) -> str | None:
    if index >= len(labels):
        return f"test image {index} does not exist, the last one is {len(labels) - 1}"
    label = region.attributes.get(label_attribute, "")
    if not label:
        return f"no label in attribute {label_attribute!r}"
    if label not in class_names:
        return f"unknown class {label!r}, known are {', '.join(class_names)}"
    if label != class_names[labels[index]]:
        return f"labelled {label!r}, but the image's class is {class_names[labels[index]]!r}"
    return None


def _inside_ellipse(
    dx: np.ndarray, dy: np.ndarray, rx: float, ry: float, theta: float
) -> np.ndarray:
    """Test offsets from the centre against an ellipse turned by ``theta`` from x towards y."""
    along = dx * math.cos(theta) + dy * math.sin(theta)
    across = dy * math.cos(theta) - dx * math.sin(theta)
    if rx == 0 or ry == 0:
        return np.zeros(along.shape, bool)
    return (along / rx) ** 2 + (across / ry) ** 2 <= 1


def _inside_polygon(x: np.ndarray, y: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Count, for each centre, the edges that a ray towards larger x crosses: odd means inside."""
    inside = np.zeros((y.size, x.size), bool)
    for (x0, y0), (x1, y1) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 <= y) != (y1 <= y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _pixels_along(vertices: np.ndarray, height: int, width: int) -> np.ndarray:
    """Mark the pixels that hold a vertex or a stretch of a line, all in units of small pixels."""
    places = [vertices]
    for start, end in itertools.pairwise(vertices):
        # Between two crossings of the pixel grid a line stays in one pixel: its midpoint's.
        crossings = [np.array([0.0, 1.0])]
        for axis, length in enumerate((width, height)):
            if start[axis] != end[axis]:
                lines = np.arange(length + 1)
                crossings.append((lines - start[axis]) / (end[axis] - start[axis]))
        fractions = np.unique(np.clip(np.concatenate(crossings), 0, 1))
        middles = (fractions[1:] + fractions[:-1]) / 2
        places.append(start + middles[:, None] * (end - start))
    column, row = np.floor(np.concatenate(places)).astype(int).T
    within = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    mask = np.zeros((height, width), bool)
    mask[row[within], column[within]] = True
    return mask


def _vertices(region: Region) -> np.ndarray:
    """Return a polygon's, polyline's or point's (x, y) as float64 (n, 2)."""
    g = region.geometry
    if region.shape == "point":
        return np.array([[g["cx"], g["cy"]]], float)
    return np.column_stack([g["all_points_x"], g["all_points_y"]]).astype(float)


def _extent(region: Region) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a region, in enlarged pixels."""
    shape, g = region.shape, region.geometry
    if shape == "rect":
        return g["x"], g["y"], g["x"] + g["width"], g["y"] + g["height"]
    if shape == "circle":
        half_width = half_height = g["r"]
    elif shape == "ellipse":
        cosine, sine = math.cos(g.get("theta", 0.0)), math.sin(g.get("theta", 0.0))
        half_width = math.hypot(g["rx"] * cosine, g["ry"] * sine)
        half_height = math.hypot(g["rx"] * sine, g["ry"] * cosine)
    else:
        vertices = _vertices(region)
        return (*vertices.min(axis=0), *vertices.max(axis=0))
    cx, cy = g["cx"], g["cy"]
    return cx - half_width, cy - half_height, cx + half_width, cy + half_height


def _reaches_out(region: Region, height: float, width: float) -> bool:
    left, top, right, bottom = _extent(region)
    return left < 0 or top < 0 or right > width or bottom > height


def _area(region: Region) -> float | None:
    """Return a region's area in square enlarged pixels, or None for points and lines."""
    shape, g = region.shape, region.geometry
    if shape == "rect":
        return float(g["width"] * g["height"])
    if shape == "circle":
        return math.pi * g["r"] ** 2
    if shape == "ellipse":
        return math.pi * g["rx"] * g["ry"]
    if shape == "polygon":
        x, y = (_vertices(region) - _vertices(region)[0]).T
        return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
    return None


def _sorted_counts(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
