"""What readers of annotation files share: checks of shapes and attributes, and lists of defects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from resnetcam.common.errors import InputError
from resnetcam.regions.export import SHAPES, Export, Geometry, Problem, Region

_OPTIONAL_KEYS = {"ellipse": ("theta",)}
_POINT_LISTS = ("all_points_x", "all_points_y")
_POSITIONS = ("x", "y", "cx", "cy", *_POINT_LISTS)
_LENGTHS = ("width", "height", "r", "rx", "ry")
_FEWEST_POINTS = {"polygon": 3, "polyline": 2}
_LARGEST_NUMBER = 1e7  # pixels; far beyond any image, and exact in every arithmetic used later
_MOST_LISTED = 5


class DefectError(Exception):
    """Something that cannot be used: what was found, what was expected, and which kind it is."""

    def __init__(self, found: str, expected: str, kind: str) -> None:
        super().__init__(found, expected, kind)
        self.found = found
        self.expected = expected
        self.kind = kind


@dataclass
class File:
    """What was read of one image so far; ``announced`` of its last row, as the file spells it."""

    ids: set[int] = field(default_factory=set)
    rows: int = 0
    last_row: int = 0
    announced: str = ""


class Gatherer:
    """Gathers the content of one file, and what is wrong with it."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.images: dict[str, None] = {}
        self.regions: list[Region] = []
        self.problems: list[Problem] = []
        self.expected: dict[str, str] = {}  # in place of what was lost, by the kind of the problem
        self.file_attributes: dict[str, dict[str, str]] = {}
        self.files: dict[tuple[str, str], File] = {}  # VIA tells them apart by name and size

    def export(self) -> Export:
        return Export(
            tuple(self.images), tuple(self.regions), tuple(self.problems), self.file_attributes
        )

    def repaired(
        self, row: int, filename: str, found: str, done: str, kind: str | None = None
    ) -> None:
        """List a defect by which nothing was lost."""
        message = f"{found}; {done}"
        self.problems.append(Problem(row, filename, message, kind or message, lost=False))

    def lost(
        self,
        row: int,
        filename: str,
        found: str,
        done: str,
        expected: str,
        kind: str | None = None,
    ) -> None:
        """List a defect by which something was lost."""
        kind = f"{kind or found}; {done}"
        self.expected.setdefault(kind, expected)
        self.problems.append(Problem(row, filename, f"{found}; {done}", kind, lost=True))

    def refuse_losses(self) -> None:
        """Raise ``InputError`` if something was lost; it names the first of each kind."""
        first: dict[str, Problem] = {}
        counts: dict[str, int] = {}
        for problem in self.problems:
            if problem.lost:
                first.setdefault(problem.kind, problem)
                counts[problem.kind] = counts.get(problem.kind, 0) + 1
        if not first:
            return
        lines = [self._refusal(problem, counts[kind]) for kind, problem in first.items()]
        more = [f"and {len(lines) - _MOST_LISTED} more kinds"] if len(lines) > _MOST_LISTED else []
        raise InputError(
            f"{self.path}: {'; '.join(lines[:_MOST_LISTED] + more)}. Correct it in VIA and export "
            "again, or read the file leniently (strict_regions: false)."
        )

    def _refusal(self, problem: Problem, count: int) -> str:
        place = f"row {problem.row}" + (
            f" ({quoted(problem.filename)})" if problem.filename else ""
        )
        found = problem.message.rpartition("; ")[0]
        times = f" ({count:,} times)" if count > 1 else ""
        return f"{place}: {found}; expected {self.expected[problem.kind]}{times}"

    def file(self, row: int, filename: str, description: str) -> File:
        """What was read of an image; one of another description but this name is a defect."""
        if (filename, description) not in self.files and filename in self.images:
            found = f"another image of this name, {description}"
            done, expected = "read as the same image", "a name for each image"
            self.lost(row, filename, found, done, expected, "two images of one name")
        self.images.setdefault(filename)
        return self.files.setdefault((filename, description), File())

    def add_file_attributes(self, row: int, filename: str, attributes: object) -> None:
        if parsed := self._attributes(row, filename, attributes):
            self.file_attributes.setdefault(filename, {}).update(parsed)

    def add_region(
        self,
        row: int,
        filename: str,
        file: File,
        shape_attributes: object,
        attributes: object,
        region_id: int,
    ) -> None:
        """Add a region whose shape is spelled as VIA does, or list what is wrong with it."""
        try:
            shape, geometry = _parse_shape(shape_attributes)
        except DefectError as defect:
            done = "region skipped"
            self.lost(row, filename, defect.found, done, defect.expected, defect.kind)
            return
        if negative := [key for key in _POSITIONS if _smallest(geometry.get(key, 0)) < 0]:
            found = f"negative {' and '.join(negative)} of a {shape}"
            done = "kept, though it reaches out of the image"
            self.repaired(row, filename, found, done, f"negative coordinates; {done}")
        if region_id in file.ids:
            found, done = f"region_id {region_id} a second time", "both regions kept"
            self.repaired(row, filename, found, done, f"a region_id a second time; {done}")
        file.ids.add(region_id)
        parsed = self._attributes(row, filename, attributes)
        self.regions.append(Region(filename, shape, geometry, parsed, row, region_id))

    def _attributes(self, row: int, filename: str, attributes: object) -> dict[str, str]:
        """Return attributes as text; those without a value are left out, as VIA's JSON does."""
        if attributes is None:
            return {}
        if not isinstance(attributes, dict):
            found, kind = f"attributes {quoted(attributes)}", "attributes that are no object"
            self.lost(row, filename, found, "ignored", "an object", kind)
            return {}
        parsed: dict[str, str] = {}
        for name, value in attributes.items():
            text = self._value(row, filename, name, value)
            if text is None:
                continue
            if name != name.strip() or text != text.strip():
                found = f"spaces around attribute {quoted(name)}: {quoted(text)}"
                kind = "spaces around an attribute; removed"
                self.repaired(row, filename, found, "removed", kind)
            name, text = encodable(name.strip()), encodable(text.strip())
            if parsed.setdefault(name, text) != text:
                found = f"attribute {quoted(name)} is {quoted(text)} too"
                kind = "an attribute of two values"
                self.lost(row, filename, found, "the first kept", "one value", kind)
        return parsed

    def _value(self, row: int, filename: str, name: str, value: object) -> str | None:
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and all(isinstance(ticked, bool) for ticked in value.values()):
            return _ticked(value)
        if value is None or isinstance(value, bool | int | float):
            return None if value is None else json.dumps(value)
        found, done = f"attribute {quoted(name)} is {quoted(value)}", "kept as JSON text"
        self.repaired(row, filename, found, done, f"an attribute that is not text; {done}")
        return json.dumps(value, separators=(",", ":"))


def _ticked(boxes: Mapping[str, bool]) -> str | None:
    """The names of a checkbox attribute's ticked boxes, in one order however they were ticked."""
    return ", ".join(sorted(name.strip() for name, ticked in boxes.items() if ticked)) or None


def _parse_shape(attributes: object) -> tuple[str, Geometry]:
    """Return a region's shape and its checked geometry, or raise ``DefectError``."""
    attributes = attributes if isinstance(attributes, dict) else {}
    shape = attributes.get("name")
    if not isinstance(shape, str) or shape not in SHAPES:
        kind = "a region without a shape" if shape is None else "a region of an unknown shape"
        found = kind if shape is None else f"shape {quoted(shape)}"
        raise DefectError(found, "one of " + ", ".join(SHAPES), kind)
    if missing := [key for key in SHAPES[shape] if key not in attributes]:
        found, expected = f"a {shape} without {' and '.join(missing)}", ", ".join(SHAPES[shape])
        raise DefectError(found, expected, "a shape without one of its numbers")
    optional = [key for key in _OPTIONAL_KEYS.get(shape, ()) if key in attributes]
    geometry: Geometry = {
        key: _number(shape, key, attributes[key]) for key in (*SHAPES[shape], *optional)
    }
    if shape in _FEWEST_POINTS:
        _check_points(shape, *(len(geometry[key]) for key in _POINT_LISTS))
    return shape, geometry


def _number(shape: str, key: str, value: object) -> float | tuple[float, ...]:
    """Return a coordinate or length of a shape, or the list of its coordinates."""
    found, kind = f"{key} of a {shape} is {quoted(value)}", "a number of a shape that is unusable"
    if key in _POINT_LISTS:
        if not isinstance(value, list) or not all(_is_number(item) for item in value):
            raise DefectError(found, f"a list of numbers up to {_LARGEST_NUMBER:,.0f}", kind)
        return tuple(value)
    if not _is_number(value) or (key in _LENGTHS and value < 0):
        lowest = "from 0 " if key in _LENGTHS else ""
        raise DefectError(found, f"a number {lowest}up to {_LARGEST_NUMBER:,.0f}", kind)
    return value


def _check_points(shape: str, n_x: int, n_y: int) -> None:
    if n_x != n_y:
        found = f"a {shape} with {n_x} x and {n_y} y coordinates"
        raise DefectError(found, "as many of each", "a shape with more x than y, or fewer")
    if n_x < _FEWEST_POINTS[shape]:
        expected = f"at least {_FEWEST_POINTS[shape]}"
        raise DefectError(f"a {shape} of {n_x} points", expected, f"a {shape} of too few points")


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST_NUMBER  # also false for NaN


def _smallest(value: float | tuple[float, ...]) -> float:
    return min(value) if isinstance(value, tuple) else value


def encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can spell but UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def quoted(value: object) -> str:
    """Return a value as a message quotes it, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
