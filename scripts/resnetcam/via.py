"""Read and write the files of the VGG Image Annotator (VIA), version 2.

Source: the import and export functions of VIA 2.0.12, https://gitlab.com/vgg/via (via-2.x.y), and
Dutta and Zisserman, "The VIA Annotation Software for Images, Audio and Video", ACM MM 2019.
Coordinates are in pixels of the annotated image, x to the right and y down from its top left
corner; angles are in radians, clockwise as seen on the screen.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from resnetcam.errors import InputError
from resnetcam.files import replacing

Geometry = dict[str, Any]  # a number, or a tuple of numbers for a list of points

COLUMNS = (
    "filename",
    "file_size",
    "file_attributes",
    "region_count",
    "region_id",
    "region_shape_attributes",
    "region_attributes",
)
SHAPES = {
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
    "polygon": ("all_points_x", "all_points_y"),
    "polyline": ("all_points_x", "all_points_y"),
    "point": ("cx", "cy"),
}
OPTIONAL_KEYS = {"ellipse": ("theta",)}
POINT_LISTS = ("all_points_x", "all_points_y")
POSITIONS = ("x", "y", "cx", "cy", *POINT_LISTS)
LENGTHS = ("width", "height", "r", "rx", "ry")
FEWEST_POINTS = {"polygon": 3, "polyline": 2}
LARGEST_NUMBER = 1e7  # pixels; far beyond any image, and exact in every arithmetic used later
UNKNOWN_SIZE = -1  # what VIA writes for files that it was not handed by the browser


@dataclass(frozen=True)
class Region:
    """One region as VIA stores it.

    ``geometry`` holds numbers, or tuples of numbers for lists of points, under VIA's own keys
    (see ``SHAPES``; an ellipse without ``theta`` is not rotated). ``row`` is where the region
    stands: the line of a CSV file, the image's record in a JSON file, both counted from 1.
    """

    filename: str
    shape: str
    geometry: Geometry
    attributes: dict[str, str]
    row: int
    region_id: int


@dataclass(frozen=True)
class Problem:
    """A defect of an export: what was found in which row, and what was done about it."""

    row: int
    filename: str
    message: str


@dataclass(frozen=True)
class Export:
    """The content of an export.

    ``images`` names every file, those without regions too, in order of first appearance;
    ``file_attributes`` has an entry for each file with any.
    """

    images: tuple[str, ...]
    regions: tuple[Region, ...]
    problems: tuple[Problem, ...]
    file_attributes: dict[str, dict[str, str]]


def read_export(path: str | Path, strict: bool = False) -> Export:
    """Read a VIA 2 CSV file, JSON export or project; which of them, its content says.

    VIA 1 JSON, which keeps regions in an object, is read too. Leniently, a defect is repaired or
    the region skipped, and either is listed in ``problems``; strictly, the first one is an error,
    and the ``#`` before the header of a VIA 1 CSV file counts as one.

    Raises:
        InputError: the file cannot be read, is no VIA 2 export (those of VIA 3 are refused by
            name), or ``strict`` is set and a defect was found.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}). Give the path of a VIA 2 export."
        ) from error
    reader = _Reader(path, strict)
    try:
        reader.read(data)
    except RecursionError:
        raise InputError(
            f"{path}: its JSON is nested too deeply to be a VIA export. Export it again from VIA."
        ) from None
    return reader.export()


def write_csv(path: str | Path, regions: Iterable[Region], images: Iterable[str] = ()) -> None:
    """Write a VIA 2 CSV file that VIA imports; equal arguments give equal bytes.

    Args:
        path: replaced atomically.
        regions: grouped by file; their ``row`` is not written.
        images: files to name first, with or without regions.

    Raises:
        InputError: a file name is empty or holds a comma, quote, line break or half a surrogate
            pair: VIA does not unquote file names.
    """
    rows_of: dict[str, list[Region]] = {name: [] for name in images}
    for region in regions:
        rows_of.setdefault(region.filename, []).append(region)
    lines = [",".join(COLUMNS)]
    for name, group in rows_of.items():
        _check_csv_name(path, name)
        prefix = f'{name},{UNKNOWN_SIZE},"{{}}",{len(group)}'
        if not group:
            lines.append(f'{prefix},0,"{{}}","{{}}"')
        lines += [
            f"{prefix},{region.region_id},{_csv_cell(_shape_attributes(region))}"
            f",{_csv_cell(region.attributes)}"
            for region in group
        ]
    _write_text(path, "\n".join(lines) + "\n")


def fit_for_csv(export: Export) -> tuple[Export, list[str]]:
    """Leave files out whose names ``write_csv`` refuses; return what is left, and those names.

    Where only the folder before a name is in the way, the folder goes and the name stays.
    """
    names = {
        name: name if _fits_csv(name) else re.split(r"[/\\]", name)[-1] for name in export.images
    }
    left_out = [name for name, fitting in names.items() if not _fits_csv(fitting)]
    images = dict.fromkeys(name for name in names.values() if _fits_csv(name))
    regions = tuple(
        replace(region, filename=names[region.filename])
        for region in export.regions
        if _fits_csv(names[region.filename])
    )
    return replace(export, images=tuple(images), regions=regions), left_out


def write_project(
    path: str | Path,
    image_names: Iterable[str],
    attribute_name: str,
    attribute_options: Sequence[str],
) -> None:
    """Write a VIA 2 project whose images lie beside VIA's page, ``via.html``.

    Args:
        path: a JSON file, replaced atomically.
        image_names: file names in the order in which VIA shows them; each once.
        attribute_name: the region attribute that VIA shows as a dropdown list.
        attribute_options: the values it offers.
    """
    metadata = {f"{name}{UNKNOWN_SIZE}": _image_record(name) for name in image_names}
    project = {
        "_via_settings": {
            "ui": {"image": {"region_label": attribute_name}},
            # An empty default path would leave VIA without an idea where the images are.
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": "./"},
            "project": {"name": Path(path).stem},
        },
        "_via_img_metadata": metadata,
        "_via_attributes": {
            "region": {attribute_name: _dropdown(attribute_options)},
            "file": {},
        },
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(metadata),
    }
    _write_text(path, json.dumps(project, indent=1, allow_nan=False) + "\n")


def _image_record(name: str) -> dict[str, object]:
    return {"filename": name, "size": UNKNOWN_SIZE, "regions": [], "file_attributes": {}}


def _dropdown(options: Sequence[str]) -> dict[str, object]:
    return {
        "type": "dropdown",
        "description": "",
        "options": {option: option for option in options},
        "default_options": {},
    }


class _DefectError(Exception):
    """A region that cannot be used: what was found, and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found, expected)
        self.found = found
        self.expected = expected


@dataclass
class _File:
    """What was read of one image so far; ``announced`` of its last row, as the file spells it."""

    ids: set[int] = field(default_factory=set)
    rows: int = 0
    last_row: int = 0
    announced: str = ""


class _Reader:
    """Gathers the content of one file; ``report`` decides between lenient and strict."""

    def __init__(self, path: str | Path, strict: bool) -> None:
        self.path = path
        self.strict = strict
        self.images: dict[str, None] = {}
        self.regions: list[Region] = []
        self.problems: list[Problem] = []
        self.file_attributes: dict[str, dict[str, str]] = {}
        self.files: dict[tuple[str, str], _File] = {}  # VIA tells them apart by name and size
        self.seen_cells: set[tuple[str, str]] = set()

    def export(self) -> Export:
        return Export(
            tuple(self.images), tuple(self.regions), tuple(self.problems), self.file_attributes
        )

    def report(self, row: int, filename: str, found: str, done: str, expected: str) -> None:
        if self.strict:
            place = f"row {row}" + (f" ({_quote(filename)})" if filename else "")
            raise InputError(
                f"{self.path}: {place}: {found}; expected {expected}. Correct it in VIA and export"
                " again, or read the file leniently."
            )
        self.problems.append(Problem(row, filename, f"{found}; {done}"))

    def refuse(self, found: str) -> InputError:
        return InputError(
            f"{self.path}: {found}; expected a VIA 2 CSV file, JSON export or project. In VIA 2,"
            " choose Annotation > Export Annotations (as csv)."
        )

    def read(self, data: bytes) -> None:
        text = self.decode(data)
        if not text.strip():
            raise self.refuse("the file is empty")
        if text.lstrip()[0] in "{[":
            self.read_json(text)
        else:
            self.read_csv(text)

    def decode(self, data: bytes) -> str:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            text = data.decode("utf-8", errors="replace")
            row = len(_lines(data[: error.start].decode("utf-8")))
            self.report(row, "", "bytes that are not UTF-8", "shown as \ufffd", "UTF-8 text")
        if text.startswith("\ufeff"):
            self.report(1, "", "a byte order mark", "ignored", "none")
        return text.removeprefix("\ufeff")

    def read_csv(self, text: str) -> None:
        if "\r" in text and "\n" not in text:
            self.report(1, "", "lines that end with CR alone", "read as lines", "LF or CR LF")
        rows = [(row, line) for row, line in enumerate(_lines(text), start=1) if line.strip()]
        self.check_header(*rows[0])
        for row, line in rows[1:]:
            try:
                self.read_line(row, line)
            except _DefectError as defect:
                self.report(row, "", defect.found, "row skipped", defect.expected)
        self.check_region_counts()

    def check_region_counts(self) -> None:
        for (filename, _), file in self.files.items():
            announced = file.announced.strip()
            if announced.isdecimal() and int(announced) != file.rows:
                found = f"region_count {announced}, but rows of regions: {file.rows}"
                done = "those that are there were read"
                self.report(file.last_row, filename, found, done, "a row for each region")

    def file(self, row: int, filename: str, size: str) -> _File:
        """What was read of an image; a second one of the same name is a defect."""
        if (filename, size) not in self.files and filename in self.images:
            found = f"another image of this name, of {size} bytes"
            self.report(row, filename, found, "read as the same image", "a name for each image")
        self.images.setdefault(filename)
        return self.files.setdefault((filename, size), _File())

    def check_header(self, row: int, header: str) -> None:
        if header.startswith("# Exported using VGG Image Annotator") or "metadata_id," in header:
            raise self.refuse("a CSV file of VIA 3, which stores regions in another way")
        if header.strip().removeprefix("#").replace('"', "").split(",") != list(COLUMNS):
            raise self.refuse(f"the first line is {_quote(header)}, not VIA 2's header")
        if header.startswith("#"):
            self.report(row, "", "a header that begins with #", "# ignored", ",".join(COLUMNS))

    def read_line(self, row: int, line: str) -> None:
        cells = _cells(line)
        if len(cells) < len(COLUMNS):
            raise _DefectError(f"{len(cells)} columns in {_quote(line)}", f"{len(COLUMNS)} columns")
        # VIA writes file names without quotes, so a comma in one splits it: count from the right.
        name_cells = len(cells) - len(COLUMNS) + 1
        filename = ",".join(cells[:name_cells])
        size, file_cell, count, id_cell, shape_cell, attributes_cell = cells[name_cells:]
        if not filename:
            raise _DefectError("no file name", "a file name")
        if name_cells > 1:
            self.report(row, filename, "commas in a file name", "joined again", "no commas")
        file = self.file(row, filename, size.strip())
        file.last_row, file.announced = row, count
        if (filename, file_cell) not in self.seen_cells:  # VIA repeats it in every row of a file
            self.seen_cells.add((filename, file_cell))
            self.add_file_attributes(row, filename, self.parse_cell(row, filename, 2, file_cell))
        shape = self.parse_cell(row, filename, 5, shape_cell)
        attributes = self.parse_cell(row, filename, 6, attributes_cell)
        if shape or attributes or count.strip() != "0":  # else the row stands for its file alone
            file.rows += 1
            region_id = self.region_id(row, filename, file, id_cell)
            self.add_region(row, filename, file, shape, attributes, region_id)

    def parse_cell(self, row: int, filename: str, column: int, cell: str) -> object:
        cell, where = cell.strip(), f"in {COLUMNS[column]}"
        if cell in ("", "undefined"):
            if cell:
                found = f"undefined in place of JSON {where}"
                self.report(row, filename, found, "read as {}", "JSON")
            return {}
        try:
            return _parse_json(cell)
        except (ValueError, RecursionError):
            found = f"broken JSON {_quote(cell)} {where}"
            self.report(row, filename, found, "read as {}", "JSON")
            return {}

    def region_id(self, row: int, filename: str, file: _File, cell: str) -> int:
        if re.fullmatch(r"\s*[0-9]{1,9}\s*", cell):
            return int(cell)
        region_id = len(file.ids)
        found = f"region_id {_quote(cell)}"
        self.report(row, filename, found, f"numbered {region_id}", "a whole number from 0")
        return region_id

    def read_json(self, text: str) -> None:
        try:
            document = _parse_json(text)
        except ValueError as error:
            raise self.refuse(f"broken JSON ({error})") from error
        if not isinstance(document, dict):
            raise self.refuse("JSON that is no object")
        if {"project", "view", "metadata"} <= document.keys():
            raise self.refuse("a project of VIA 3, which stores regions in another way")
        records = document.get("_via_img_metadata", document)
        if not isinstance(records, dict):
            raise self.refuse("JSON without images")
        if records and not any(isinstance(r, dict) and "filename" in r for r in records.values()):
            raise self.refuse("JSON without images")
        for row, record in enumerate(records.values(), start=1):
            self.read_record(row, record)

    def read_record(self, row: int, record: object) -> None:
        record = record if isinstance(record, dict) else {}
        filename = record.get("filename")
        if not isinstance(filename, str) or not filename:
            self.report(row, "", "an image without a file name", "skipped", "a file name")
            return
        filename = _encodable(filename)
        file = self.file(row, filename, str(record.get("size", UNKNOWN_SIZE)))
        self.add_file_attributes(row, filename, record.get("file_attributes", {}))
        regions = record.get("regions", [])
        if isinstance(regions, dict):  # VIA 1
            regions = list(regions.values())
        if not isinstance(regions, list):
            self.report(row, filename, f"regions {_quote(regions)}", "skipped", "a list")
            return
        for region_id, region in enumerate(regions):
            region = region if isinstance(region, dict) else {}
            shape, attributes = region.get("shape_attributes"), region.get("region_attributes", {})
            self.add_region(row, filename, file, shape, attributes, region_id)

    def add_file_attributes(self, row: int, filename: str, attributes: object) -> None:
        if parsed := self.parse_attributes(row, filename, attributes):
            self.file_attributes.setdefault(filename, {}).update(parsed)

    def add_region(
        self,
        row: int,
        filename: str,
        file: _File,
        shape_attributes: object,
        attributes: object,
        region_id: int,
    ) -> None:
        try:
            shape, geometry = _parse_shape(shape_attributes)
        except _DefectError as defect:
            self.report(row, filename, defect.found, "region skipped", defect.expected)
            return
        if negative := [key for key in POSITIONS if _smallest(geometry.get(key, 0)) < 0]:
            found = f"negative {' and '.join(negative)} of a {shape}"
            self.report(row, filename, found, "clipped at the image's edge", "0 or more")
        if region_id in file.ids:
            found = f"region_id {region_id} a second time"
            self.report(row, filename, found, "both regions kept", "one region an id")
        file.ids.add(region_id)
        parsed = self.parse_attributes(row, filename, attributes)
        self.regions.append(Region(filename, shape, geometry, parsed, row, region_id))

    def parse_attributes(self, row: int, filename: str, attributes: object) -> dict[str, str]:
        if not isinstance(attributes, dict):
            self.report(row, filename, f"attributes {_quote(attributes)}", "ignored", "an object")
            return {}
        parsed = {}
        for name, value in attributes.items():
            if not isinstance(value, str):
                found = f"attribute {_quote(name)} is {_quote(value)}"
                self.report(row, filename, found, "kept as JSON text", "text")
                value = json.dumps(value, separators=(",", ":"))
            if name != name.strip() or value != value.strip():
                found = f"spaces around attribute {_quote(name)}: {_quote(value)}"
                self.report(row, filename, found, "removed", "none")
            parsed[_encodable(name.strip())] = _encodable(value.strip())
        return parsed


def _parse_shape(attributes: object) -> tuple[str, Geometry]:
    """Return a region's shape and its checked geometry, or raise ``_DefectError``."""
    attributes = attributes if isinstance(attributes, dict) else {}
    shape = attributes.get("name")
    if not isinstance(shape, str) or shape not in SHAPES:
        found = "a region without a shape" if shape is None else f"shape {_quote(shape)}"
        raise _DefectError(found, "one of " + ", ".join(SHAPES))
    if missing := [key for key in SHAPES[shape] if key not in attributes]:
        raise _DefectError(f"a {shape} without {' and '.join(missing)}", ", ".join(SHAPES[shape]))
    optional = [key for key in OPTIONAL_KEYS.get(shape, ()) if key in attributes]
    geometry: Geometry = {}
    for key in (*SHAPES[shape], *optional):
        value = attributes[key]
        found = f"{key} of a {shape} is {_quote(value)}"
        if key in POINT_LISTS:
            if not isinstance(value, list) or not all(_is_number(item) for item in value):
                raise _DefectError(found, f"a list of numbers up to {LARGEST_NUMBER:,.0f}")
            geometry[key] = tuple(value)
            continue
        if not _is_number(value) or (key in LENGTHS and value < 0):
            lowest = "from 0 " if key in LENGTHS else ""
            raise _DefectError(found, f"a number {lowest}up to {LARGEST_NUMBER:,.0f}")
        geometry[key] = value
    if shape in FEWEST_POINTS:
        _check_points(shape, *(len(geometry[key]) for key in POINT_LISTS))
    return shape, geometry


def _check_points(shape: str, n_x: int, n_y: int) -> None:
    if n_x != n_y:
        raise _DefectError(f"a {shape} with {n_x} x and {n_y} y coordinates", "as many of each")
    if n_x < FEWEST_POINTS[shape]:
        raise _DefectError(f"a {shape} of {n_x} points", f"at least {FEWEST_POINTS[shape]}")


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST_NUMBER  # also false for NaN


def _smallest(value: float | tuple[float, ...]) -> float:
    return min(value) if isinstance(value, tuple) else value


def _shape_attributes(region: Region) -> dict[str, object]:
    return {"name": region.shape, **region.geometry}


def _parse_json(text: str) -> object:
    """Parse JSON proper, without Python's NaN and Infinity; ValueError where it is broken."""
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _lines(text: str) -> list[str]:
    # str.splitlines would also break lines at characters that are data, such as U+2028.
    return re.split(r"\r\n|\r|\n", text)


def _cells(line: str) -> list[str]:
    """Split one CSV line. VIA never breaks a line inside quotes, so a stray quote harms one row."""
    csv.field_size_limit(max(csv.field_size_limit(), len(line)))  # a polygon may be very long
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:
        raise _DefectError(
            f"a line that is not CSV ({error})", f"{len(COLUMNS)} columns"
        ) from error


def _csv_cell(value: Mapping[str, object]) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return '"' + text.replace('"', '""') + '"'


def _fits_csv(name: str) -> bool:
    return bool(name) and not re.search('[,"\r\n\ud800-\udfff]', name)


def _check_csv_name(path: str | Path, name: str) -> None:
    if not _fits_csv(name):
        raise InputError(
            f"{path}: VIA cannot read back the file name {_quote(name)}: it must not be empty or"
            " hold a comma, quote or line break. Rename the image."
        )


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can spell but UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _write_text(path: str | Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
