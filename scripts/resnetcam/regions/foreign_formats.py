"""Files of annotations that are not read: which format one is of, and what to export instead."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_FROM_VIA = "In VIA 2, choose Annotation > Export Annotations (as json), or Project > Save."
_AS_COCO = (
    "Convert it to COCO JSON, which is read too, or draw the regions in VIA 2 and choose "
    "Annotation > Export Annotations (as json)."
)
_BY_VIA_2 = "Draw the regions in VIA 2. " + _FROM_VIA

# Atomic, so that text which is no XML takes no longer.
_XML_ROOT = re.compile(
    r"\s*+(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*)*+<([\w.-]+)", re.DOTALL
)

# What was found, and what to do; of JSON whose outermost value is an object, by keys that it has.
_OBJECTS = (
    ({"project", "view", "metadata"}, "a project of VIA 3, not of VIA 2", _BY_VIA_2),
    ({"shapes", "imagePath"}, "LabelMe JSON", _AS_COCO),
    ({"images", "annotations"}, "COCO JSON without its list of categories", _FROM_VIA),
    ({"objects", "size"}, "Supervisely JSON", _AS_COCO),
    (
        {"region", "file"},
        "VIA's attributes alone (Export Region/File Attributes), without any region",
        _FROM_VIA,
    ),
    ({"_via_settings"}, "a VIA project without images", _FROM_VIA),
)
# The same of a list, by keys of its first element.
_LISTS = (
    ({"image_id", "category_id"}, "COCO results, which name no images", _AS_COCO),
    ({"image", "annotations"}, "CreateML JSON", _AS_COCO),
    ({"data", "annotations"}, "Label Studio JSON", "In Label Studio, export as COCO."),
)
_XML = {
    "annotation": ("Pascal VOC XML", _AS_COCO),
    "annotations": ("CVAT XML", "In CVAT, export the data set as COCO 1.0, which is read too."),
    "html": ("a web page", _FROM_VIA),
}


def foreign_json(document: object) -> tuple[str, str]:
    """Return what parsed JSON that holds no images of VIA's is, and what to do."""
    if isinstance(document, list):
        first = document[0] if document and isinstance(document[0], dict) else {}
        return _by_keys(first, _LISTS) or ("JSON that is no object", _FROM_VIA)
    if not isinstance(document, dict):
        return "JSON that is no object", _FROM_VIA
    return _by_keys(document, _OBJECTS) or ("JSON without images", _FROM_VIA)


def foreign_xml(text: str) -> tuple[str, str]:
    """Return what text that begins with ``<`` is, and what to do."""
    root = _XML_ROOT.match(text)
    return _XML.get(root[1].lower() if root else "", ("XML of an unknown kind", _AS_COCO))


def foreign_lines(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return what the non-empty lines of a text file are, and what to do, or None."""
    header = lines[0]
    if header.startswith("# Exported using VGG Image Annotator") or "metadata_id," in header:
        return "a CSV file of VIA 3, which stores regions in another way", _BY_VIA_2
    if all(map(_is_yolo, lines)):
        return "YOLO text, which names neither images nor classes", _AS_COCO
    if {"xmin", "ymin", "xmax", "ymax"} <= set(re.split(r"[,;\t]", header.replace('"', ""))):
        return "a CSV table of boxes (xmin, ymin, xmax, ymax)", _AS_COCO
    return None


def _is_yolo(line: str) -> bool:
    """A class's index, then a box or a polygon in shares of the image's sides."""
    index, *numbers = line.split()
    try:
        return index.isdecimal() and len(numbers) >= 4 and all(0 <= float(n) <= 1 for n in numbers)
    except ValueError:
        return False


def foreign_bytes(data: bytes) -> tuple[str, str] | None:
    """Return what a file that is no text is, and what to do, or None."""
    if data.startswith(b"PK\x03\x04"):
        return "a spreadsheet or another packed file", "Save it as CSV text. " + _FROM_VIA
    return None


def unknown(found: str) -> tuple[str, str]:
    """Return what was found in a file of no known format, and what to do."""
    return found, _FROM_VIA


def _by_keys(
    document: Mapping[str, Any], formats: Sequence[tuple[set[str], str, str]]
) -> tuple[str, str] | None:
    for keys, found, advice in formats:
        if keys <= document.keys():
            return found, advice
    return None
