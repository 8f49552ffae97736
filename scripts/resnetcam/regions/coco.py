"""Read annotations in COCO's JSON format: boxes and polygons.

Source: https://cocodataset.org/#format-data, and the COCO export of VIA 2.0.12
(https://gitlab.com/vgg/via, via-2.x.y).
"""

from collections.abc import Mapping
from typing import Any

from resnetcam.regions.conventions import LABEL_ATTRIBUTE
from resnetcam.regions.gathering import DefectError, File, Gatherer, encodable, quoted

_Images = dict[str, tuple[str, File]]


def is_coco(document: object) -> bool:
    """Tell whether parsed JSON has COCO's lists of images, annotations and categories."""
    keys = ("images", "annotations", "categories")
    return isinstance(document, dict) and all(isinstance(document.get(key), list) for key in keys)


def read_coco(gathered: Gatherer, document: Mapping[str, Any]) -> None:
    """Read every annotation's polygons, or its box where it has none, as regions.

    The category becomes the attribute ``class``; in VIA's own COCO files, whose categories are the
    values of any attribute, the attribute is the supercategory. Keypoints, captions and masks in
    run lengths are listed as lost.
    """
    images = _read_images(gathered, document["images"])
    from_via = "VGG Image Annotator" in str(_dict(document.get("info")).get("description"))
    categories = _read_categories(gathered, document["categories"], from_via)
    seen: dict[str, list[object]] = {}
    for row, entry in enumerate(document["annotations"], start=1):
        annotation = _dict(entry)
        # VIA writes a region once for each of its attributes.
        if annotation in (same := seen.setdefault(str(annotation.get("id")), [])):
            continue
        same.append(annotation)
        if (image := images.get(str(annotation.get("image_id")))) is None:
            found = f"image_id {quoted(annotation.get('image_id'))} that no image has"
            kind = "an annotation of no image"
            gathered.lost(row, "", found, "annotation skipped", "the id of an image", kind)
            continue
        _read_annotation(gathered, row, *image, annotation, categories)


def _read_images(gathered: Gatherer, entries: list[object]) -> _Images:
    images: _Images = {}
    for row, entry in enumerate(entries, start=1):
        image = _dict(entry)
        name, image_id = image.get("file_name"), str(image.get("id"))
        if not isinstance(name, str) or not name:
            gathered.lost(row, "", "an image without a file name", "skipped", "a file_name")
            continue
        name = encodable(name)
        if images.get(image_id, (name,))[0] != name:
            found, expected = (
                f"another image of id {quoted(image.get('id'))}",
                "an id for each image",
            )
            gathered.lost(row, name, found, "skipped", expected, "two images of one id")
            continue
        images[image_id] = name, gathered.file(row, name, f"with id {image_id}")
    return images


def _read_categories(
    gathered: Gatherer, entries: list[object], from_via: bool
) -> dict[str, dict[str, Any]]:
    """Return the attributes of each category's regions by its id, the first one's if two share."""
    categories: dict[str, dict[str, Any]] = {}
    for row, category in enumerate(map(_dict, entries), start=1):
        category_id, attributes = str(category.get("id")), _attributes(category, from_via)
        if categories.setdefault(category_id, attributes) != attributes:
            found = f"category {quoted(category.get('name'))} of another one's id"
            kind, expected = "two categories of one id", "an id for each category"
            gathered.lost(row, "", found, "skipped", expected, kind)
    return categories


def _attributes(category: Mapping[str, Any], from_via: bool) -> dict[str, Any]:
    name = category.get("supercategory") if from_via else None
    return {name if isinstance(name, str) else LABEL_ATTRIBUTE: category.get("name")}


def _read_annotation(
    gathered: Gatherer,
    row: int,
    filename: str,
    file: File,
    annotation: Mapping[str, Any],
    categories: Mapping[str, dict[str, Any]],
) -> None:
    attributes = categories.get(str(annotation.get("category_id")))
    if attributes is None:
        found = f"category_id {quoted(annotation.get('category_id'))} that no category has"
        kind = "an annotation of no category"
        expected = "the id of a category"
        gathered.lost(row, filename, found, "read without a class", expected, kind)
    try:
        shapes = _shapes(annotation)
    except DefectError as defect:
        done = "annotation skipped"
        gathered.lost(row, filename, defect.found, done, defect.expected, defect.kind)
        return
    for shape in shapes:
        gathered.add_region(row, filename, file, shape, attributes, len(file.ids))


def _shapes(annotation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Spell an annotation's polygons, or else its box, as VIA does."""
    outline, box = annotation.get("segmentation"), annotation.get("bbox")
    if isinstance(outline, dict):
        found = "a mask in run lengths (RLE)"
        raise DefectError(found, "polygons or a box", found)
    if isinstance(outline, list) and any(outline):
        parts = outline if isinstance(outline[0], list) else [outline]
        return [
            {"name": "polygon", "all_points_x": part[::2], "all_points_y": part[1::2]}
            if isinstance(part, list)
            else {"name": part}
            for part in parts
        ]
    if isinstance(box, list) and len(box) == 4 and any(box):
        return [dict(zip(("x", "y", "width", "height"), box, strict=True), name="rect")]
    found = "an annotation without a polygon or a box"
    raise DefectError(found, "polygons or a box", found)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
