"""Read files of regions drawn with the VGG Image Annotator (VIA), version 2, or in COCO's format.

Source: the import and export functions of VIA 2.0.12, https://gitlab.com/vgg/via (via-2.x.y), and
Dutta and Zisserman, "The VIA Annotation Software for Images, Audio and Video", ACM MM 2019.
"""

import csv
import re
from pathlib import Path
from typing import Any

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.regions.coco import is_coco, read_coco
from resnetcam.regions.conventions import COLUMNS, UNKNOWN_SIZE
from resnetcam.regions.export import Export
from resnetcam.regions.foreign_formats import (
    foreign_bytes,
    foreign_json,
    foreign_lines,
    foreign_xml,
    unknown,
)
from resnetcam.regions.gathering import DefectError, File, Gatherer, encodable, quoted
from resnetcam.regions.loose_json import parse_json

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def read_export(path: str | Path, strict: bool = False) -> Export:
    """Read a VIA 2 CSV file, JSON export or project, or COCO JSON; which of them, its content says.

    VIA 1 JSON, which keeps regions in an object, is read too, and so are CSV files that a
    spreadsheet saved again: with semicolons or tabs, or in UTF-16. Leniently, a defect is repaired
    or the region skipped, and either is listed in ``problems``. Strictly, the same, unless
    something was lost by it: that is an error.

    Raises:
        InputError: the file cannot be read, is of another format, which is named, or ``strict`` is
            set and something would be lost.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}). Give the path of a VIA 2 export."
        ) from error
    reader = _Reader(path)
    try:
        reader.read(data)
    except RecursionError:
        raise InputError(
            f"{path}: its JSON is nested too deeply to be a VIA export. Export it again from VIA."
        ) from None
    if strict:
        reader.gathered.refuse_losses()
    return reader.gathered.export()


def read_known_regions(path: str | Path) -> Export:
    """Read a dataset's ``regions.csv``, which the workflow itself wrote.

    Raises:
        DamagedFileError: if it is not as it was written.
    """
    try:
        return read_export(path)
    except InputError as error:
        raise DamagedFileError(path, "it is no CSV file of regions") from error


def _of_bytes(size: str) -> str:
    return "of unknown size" if size == str(UNKNOWN_SIZE) else f"of {size} bytes"


def via_records(document: object) -> dict[str, Any] | None:
    """Return the images' records of a parsed VIA 2 project or JSON export, or None."""
    if not isinstance(document, dict):
        return None
    records = document.get("_via_img_metadata", document)
    if not isinstance(records, dict):
        return None
    values = [one for one in records.values() if isinstance(one, dict)]
    known = any(isinstance(one.get("filename"), str) for one in values)
    return records if known or not records else None


class _Reader:
    """Finds out what a file is, and hands what it holds to a ``Gatherer``."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.gathered = Gatherer(path)
        self.delimiter = ","
        self.seen_cells: set[tuple[str, str]] = set()

    def refuse(self, found: str, advice: str) -> InputError:
        return InputError(
            f"{self.path}: {found}; expected a VIA 2 CSV file, JSON export or project, or COCO "
            f"JSON. {advice}"
        )

    def read(self, data: bytes) -> None:
        if foreign := foreign_bytes(data):
            raise self.refuse(*foreign)
        text = self.decode(data)
        if not text.strip():
            raise self.refuse(*unknown("the file is empty"))
        first = text.lstrip()[0]
        if first == "<":
            raise self.refuse(*foreign_xml(text))
        if first in "{[":
            self.read_json(text)
        else:
            self.read_csv(text)

    def decode(self, data: bytes) -> str:
        encoding = _encoding(data)
        if encoding != "utf-8":
            self.gathered.repaired(1, "", "text in UTF-16", "read as that")
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            text = data.decode(encoding, errors="replace")
            row = len(_lines(data[: error.start].decode(encoding, errors="replace")))
            found = f"bytes that are not {encoding[:6].upper()}"
            self.gathered.lost(row, "", found, "shown as \ufffd", f"{encoding[:6].upper()} text")
        if text.startswith("\ufeff") and encoding == "utf-8":
            self.gathered.repaired(1, "", "a byte order mark", "ignored")
        return text.removeprefix("\ufeff")

    def read_csv(self, text: str) -> None:
        if "\r" in text and "\n" not in text:
            self.gathered.repaired(1, "", "lines that end with CR alone", "read as lines")
        rows = [(row, line) for row, line in enumerate(_lines(text), start=1) if line.strip()]
        self.read_header([line for _, line in rows], rows[0][0])
        for row, line in rows[1:]:
            try:
                self.read_line(row, line)
            except DefectError as defect:
                done = "row skipped"
                self.gathered.lost(row, "", defect.found, done, defect.expected, defect.kind)
        self.check_region_counts()

    def check_region_counts(self) -> None:
        for (filename, _), file in self.gathered.files.items():
            announced = file.announced.strip()
            if not re.fullmatch("[0-9]{1,9}", announced) or int(announced) == file.rows:
                continue
            found = f"region_count {announced}, but rows of regions: {file.rows}"
            if int(announced) > file.rows:
                done, expected = "those that are there were read", "a row for each region"
                kind = "fewer rows of regions than region_count says"
                self.gathered.lost(file.last_row, filename, found, done, expected, kind)
            else:
                kind = "more rows of regions than region_count says; all were read"
                self.gathered.repaired(file.last_row, filename, found, "all were read", kind)

    def read_header(self, lines: list[str], row: int) -> None:
        header = lines[0]
        plain = header.strip().removeprefix("#").replace('"', "")
        matching = [mark for mark in _DELIMITERS if tuple(plain.split(mark)) == COLUMNS]
        if not matching:
            found = f"the first line is {quoted(header)}, not VIA 2's header"
            raise self.refuse(*(foreign_lines(lines) or unknown(found)))
        (self.delimiter,) = matching
        if self.delimiter != ",":
            found = f"{_DELIMITERS[self.delimiter]} between the columns"
            self.gathered.repaired(row, "", found, "read as that")
        if header.startswith("#"):
            self.gathered.repaired(row, "", "a header that begins with #", "# ignored")

    def read_line(self, row: int, line: str) -> None:
        cells = _cells(line, self.delimiter)
        if len(cells) < len(COLUMNS):
            found, kind = f"{len(cells)} columns in {quoted(line)}", "a row of too few columns"
            raise DefectError(found, f"{len(COLUMNS)} columns", kind)
        # VIA writes file names without quotes, so a comma in one splits it: count from the right.
        name_cells = len(cells) - len(COLUMNS) + 1
        filename = self.delimiter.join(cells[:name_cells])
        size, file_cell, count, id_cell, shape_cell, attributes_cell = cells[name_cells:]
        if not filename:
            raise DefectError("no file name", "a file name", "no file name")
        if name_cells > 1:
            found = f"{_DELIMITERS[self.delimiter]} in a file name"
            self.gathered.repaired(row, filename, found, "joined again")
        file = self.gathered.file(row, filename, _of_bytes(size.strip()))
        file.last_row, file.announced = row, count
        if (filename, file_cell) not in self.seen_cells:  # VIA repeats it in every row of a file
            self.seen_cells.add((filename, file_cell))
            attributes = self.parse_cell(row, filename, 2, file_cell)
            self.gathered.add_file_attributes(row, filename, attributes)
        shape = self.parse_cell(row, filename, 5, shape_cell)
        attributes = self.parse_cell(row, filename, 6, attributes_cell)
        if shape or attributes or count.strip() != "0":  # else the row stands for its file alone
            file.rows += 1
            region_id = self.region_id(row, filename, file, id_cell)
            self.gathered.add_region(row, filename, file, shape, attributes, region_id)

    def parse_cell(self, row: int, filename: str, column: int, cell: str) -> object:
        cell, where = cell.strip(), f"in {COLUMNS[column]}"
        if cell in ("", "undefined"):
            if cell:
                found = f"undefined instead of JSON {where}"
                self.gathered.repaired(row, filename, found, "read as {}")
            return {}
        try:
            return parse_json(cell)
        except (ValueError, RecursionError):
            found, kind = f"broken JSON {quoted(cell)} {where}", f"broken JSON {where}"
            self.gathered.lost(row, filename, found, "read as {}", "JSON", kind)
            return {}

    def region_id(self, row: int, filename: str, file: File, cell: str) -> int:
        if re.fullmatch(r"\s*[0-9]{1,9}\s*", cell):
            return int(cell)
        region_id = len(file.ids)
        found, kind = f"region_id {quoted(cell)}", "a region_id that is no number; numbered anew"
        self.gathered.repaired(row, filename, found, f"numbered {region_id}", kind)
        return region_id

    def read_json(self, text: str) -> None:
        try:
            document = parse_json(text)
        except ValueError as error:
            raise self.refuse(*unknown(f"broken JSON ({error})")) from error
        if is_coco(document):
            read_coco(self.gathered, document)
            return
        records = via_records(document)
        if records is None:
            raise self.refuse(*foreign_json(document))
        for row, record in enumerate(records.values(), start=1):
            self.read_record(row, record)

    def read_record(self, row: int, record: object) -> None:
        record = record if isinstance(record, dict) else {}
        filename = record.get("filename")
        if not isinstance(filename, str) or not filename:
            found = "an image without a file name"
            self.gathered.lost(row, "", found, "skipped", "a file name")
            return
        filename = encodable(filename)
        size = str(record.get("size", UNKNOWN_SIZE))
        file = self.gathered.file(row, filename, _of_bytes(size))
        self.gathered.add_file_attributes(row, filename, record.get("file_attributes", {}))
        regions = record.get("regions", [])
        if isinstance(regions, dict):  # VIA 1
            regions = list(regions.values())
        if not isinstance(regions, list):
            found, kind = f"regions {quoted(regions)}", "regions that are no list"
            self.gathered.lost(row, filename, found, "skipped", "a list", kind)
            return
        for region_id, region in enumerate(regions):
            region = region if isinstance(region, dict) else {}
            shape, attributes = region.get("shape_attributes"), region.get("region_attributes", {})
            self.gathered.add_region(row, filename, file, shape, attributes, region_id)


def _encoding(data: bytes) -> str:
    """Tell UTF-16, as spreadsheets and PowerShell write it, from UTF-8."""
    if data.startswith(b"\xff\xfe") or (data[1:2] == b"\0" and data[:1] != b"\0"):
        return "utf-16-le"
    if data.startswith(b"\xfe\xff") or (data[:1] == b"\0" and data[1:2] not in (b"", b"\0")):
        return "utf-16-be"
    return "utf-8"


def _lines(text: str) -> list[str]:
    # str.splitlines would also break lines at characters that are data, such as U+2028.
    return re.split(r"\r\n|\r|\n", text)


def _cells(line: str, delimiter: str) -> list[str]:
    """Split one CSV line. VIA never breaks a line inside quotes, so a stray quote harms one row."""
    csv.field_size_limit(max(csv.field_size_limit(), len(line)))  # a polygon may be very long
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        found, kind = f"a line that is not CSV ({error})", "a line that is not CSV"
        raise DefectError(found, f"{len(COLUMNS)} columns", kind) from error
