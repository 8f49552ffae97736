"""The VIA reader and writer: a corpus of real-world defects, round trips and fuzzing."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnetcam.common.errors import InputError
from resnetcam.regions.export import AREAS, Export, Problem, Region, problem_lines
from resnetcam.regions.geometry import rasterise
from resnetcam.regions.loose_json import parse_json
from resnetcam.regions.on_images import summary
from resnetcam.regions.via import read_export
from resnetcam.regions.via_files import fit_for_csv, new_project, write_csv, write_project

CORPUS = Path(__file__).parent / "via_corpus"
ROOT = Path(__file__).parents[2]
SHIP = Region(
    "test_00003_ship.png",
    "rect",
    {"x": 10, "y": 20, "width": 300, "height": 200},
    {"class": "ship"},
    row=3,
    region_id=0,
)

# Files without a defect, the same in both modes: images, regions.
GOOD = {
    "file_attributes_null.json": (2, 1),
    "good_coco.json": (2, 4),
    "good_coco_of_via.json": (1, 2),
    "good_crlf.csv": (2, 2),
    "good_empty.json": (0, 0),
    "good_header_only.csv": (0, 0),
    "good_no_regions.csv": (2, 0),
    "good_project.json": (2, 7),
    "good_v1.json": (2, 7),
    "good_v2.csv": (2, 7),
    "good_v2.json": (2, 7),
    "lone_surrogate.json": (2, 1),
    "value_checkbox.csv": (2, 4),
    "value_plain.csv": (2, 2),
    "value_undefined.csv": (2, 4),
    "value_undefined.json": (2, 4),
}

# Files with one defect by which nothing is lost, the same in both modes: images, regions, the row
# and what is said of it there.
REPAIRS = {
    "bad_region_id.csv": (2, 2, 2, "region_id 'one'; numbered 0"),
    "byte_order_mark.csv": (2, 2, 1, "a byte order mark; ignored"),
    "comma_in_filename.csv": (2, 2, 2, "commas in a file name; joined"),
    "cr_line_ends.csv": (2, 1, 1, "lines that end with CR alone; read as lines"),
    "duplicate_id.csv": (2, 3, 3, "region_id 0 a second time; both"),
    "hash_header.csv": (2, 2, 1, "a header that begins with #; # ignored"),
    "more_rows_than_counted.csv": (2, 3, 3, "region_count 1, but rows of regions: 2; all"),
    "negative_coordinate.csv": (2, 2, 2, "negative x of a rect; kept, though it reaches out"),
    "nested_attribute.csv": (2, 2, 2, "'quality' is {'blurred': 1}; kept as JSON text"),
    "semicolons.csv": (2, 2, 1, "semicolons between the columns; read as that"),
    "tabs.csv": (2, 2, 1, "tabs between the columns; read as that"),
    "trailing_space.csv": (2, 2, 2, "spaces around attribute 'class': 'cat '; removed"),
    "undefined_attributes.csv": (2, 2, 2, "undefined instead of JSON in region_attributes; read"),
    "utf16.csv": (2, 2, 1, "text in UTF-16; read as that"),
    "utf16_unmarked.csv": (2, 2, 1, "text in UTF-16; read as that"),
}

# Files with one defect by which something is lost. Lenient: images, regions, the row and what is
# said of it there. Strict: an error that names the same row, what was found, and what was expected.
LOSSES = {
    "attributes_not_an_object.csv": (2, 2, 2, "attributes [1]; ignored", "an object"),
    "boolean_coordinate.csv": (2, 1, 2, "x of a rect is True; region skipped", "a number"),
    "broken_json.csv": (2, 1, 2, "broken JSON", "JSON"),
    "coco_category_id_twice.json": (
        2,
        2,
        2,
        "category 'dog' of another one's id; skipped",
        "an id for each",
    ),
    "coco_image_id_twice.json": (2, 2, 2, "another image of id 1; skipped", "an id for each"),
    "coco_keypoints.json": (2, 1, 1, "an annotation without a polygon or a box", "polygons or a"),
    "coco_name_twice.json": (2, 3, 2, "another image of this name, with id 5", "a name for each"),
    "coco_no_category.json": (2, 2, 1, "category_id 5 that no category has; read", "the id of a"),
    "coco_no_image.json": (2, 1, 1, "image_id 5 that no image has; annotation", "the id of an"),
    "coco_odd_polygon.json": (2, 1, 1, "a polygon with 3 x and 2 y coordinates", "as many of"),
    "coco_rle.json": (2, 1, 1, "a mask in run lengths (RLE); annotation", "polygons or a box"),
    "empty_filename.csv": (1, 1, 2, "no file name; row skipped", "a file name"),
    "endless_integer.csv": (2, 1, 2, "broken JSON", "JSON"),
    "huge_number.csv": (2, 1, 2, "width of a rect is 1000", "a number from 0 up to 10,000,000"),
    "infinity.csv": (2, 1, 2, "broken JSON", "JSON"),
    "invalid_utf8.csv": (2, 2, 2, "bytes that are not UTF-8; shown as \ufffd", "UTF-8"),
    "missing_column.csv": (1, 1, 2, "6 columns in 'test_00012_cat.png,", "7 columns"),
    "missing_key.csv": (2, 1, 2, "a rect without height; region skipped", "x, y, width, height"),
    "nan.csv": (2, 1, 2, "broken JSON", "JSON"),
    "negative_radius.csv": (2, 1, 2, "r of a circle is -1; region skipped", "a number from 0"),
    "nested_too_deeply.csv": (2, 2, 2, "broken JSON '[[[", "JSON"),
    "overflowing_number.csv": (2, 1, 2, "width of a rect is inf; region skipped", "a number"),
    "points_not_a_list.csv": (2, 1, 2, "all_points_x of a polygon is 5", "a list of numbers"),
    "record_without_filename.json": (1, 1, 1, "an image without a file name", "a file name"),
    "region_not_an_object.json": (2, 1, 1, "a region without a shape; region", "one of rect"),
    "region_without_shape.csv": (2, 1, 2, "a region without a shape; region", "one of rect"),
    "regions_a_number.json": (2, 1, 1, "regions 3; skipped", "a list"),
    "same_name_twice.csv": (2, 3, 3, "another image of this name", "a name for each image"),
    "same_name_twice.json": (2, 3, 2, "another image of this name", "a name for each image"),
    "stray_quote.csv": (1, 1, 2, "6 columns", "7 columns"),
    "text_coordinate.csv": (2, 1, 2, "x of a rect is '10'; region skipped", "a number"),
    "two_point_polygon.csv": (2, 1, 2, "a polygon of 2 points; region skipped", "at least 3"),
    "two_values.csv": (2, 2, 2, "attribute 'class' is 'dog' too; the first kept", "one value"),
    "undefined_beside_nan.csv": (2, 2, 2, "broken JSON", "JSON"),
    "undefined_coordinate.csv": (2, 1, 2, "a rect without width; region skipped", "x, y, width"),
    "undefined_in_a_list.csv": (2, 2, 2, "broken JSON", "JSON"),
    "undefined_shape.csv": (2, 1, 2, "a region without a shape; region skipped", "one of rect"),
    "unequal_points.csv": (2, 1, 2, "a polygon with 3 x and 2 y coordinates", "as many of each"),
    "unknown_shape.csv": (2, 1, 2, "shape 'cube'; region skipped", "one of rect, circle"),
    "utf16_half_a_pair.csv": (2, 2, 2, "bytes that are not UTF-16; shown as \ufffd", "UTF-16"),
    "wrong_region_count.csv": (2, 2, 2, "region_count 3, but rows of regions: 1", "a row for"),
}

# Files of other formats, refused in both modes: what they are, and what to do.
REFUSED = {
    "refused_binary.png": (".*not VIA 2's header", "Export Annotations"),
    "refused_boxes.csv": ("a CSV table of boxes", "COCO"),
    "refused_coco_results.json": ("COCO results", "COCO JSON"),
    "refused_create_ml.json": ("CreateML", "COCO"),
    "refused_cvat.xml": ("CVAT XML", "as COCO 1.0"),
    "refused_empty.csv": ("the file is empty", "Export Annotations"),
    "refused_label_studio.json": ("Label Studio", "export as COCO"),
    "refused_labelme.json": ("LabelMe JSON", "COCO"),
    "refused_list.json": ("JSON that is no object", "Export Annotations"),
    "refused_other.json": ("COCO JSON without its list of categories", "Export Annotations"),
    "refused_other.xml": ("XML of an unknown kind", "COCO"),
    "refused_other_header.csv": (
        "the first line is 'filename,x,y', not VIA 2's header",
        "Export Annotations",
    ),
    "refused_page.html": ("a web page", "Export Annotations"),
    "refused_spreadsheet.xlsx": ("a spreadsheet", "Save it as CSV"),
    "refused_supervisely.json": ("Supervisely", "COCO"),
    "refused_truncated.json": ("broken JSON .*line 1 column", "Export Annotations"),
    "refused_via3.csv": ("a CSV file of VIA 3", "in VIA 2"),
    "refused_via3_bare.csv": ("a CSV file of VIA 3", "in VIA 2"),
    "refused_via3_project.json": ("a project of VIA 3", "in VIA 2"),
    "refused_via_attributes.json": ("VIA's attributes alone", "Export Annotations"),
    "refused_via_settings.json": ("a VIA project without images", "Project > Save"),
    "refused_voc.xml": ("Pascal VOC", "COCO"),
    "refused_yolo.txt": ("YOLO text", "COCO"),
    "refused_yolo_polygons.txt": ("YOLO text", "COCO"),
}
NESTED_TOO_DEEPLY = "refused_nested_too_deeply.json"


def without_rows(regions):
    return [replace(region, row=0) for region in regions]


def test_every_corpus_file_has_an_expected_outcome():
    files = {path.name for path in CORPUS.iterdir() if not path.name.startswith(".")}
    assert files == {*GOOD, *REPAIRS, *LOSSES, *REFUSED, NESTED_TOO_DEEPLY}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_good_file(name, strict):
    export = read_export(CORPUS / name, strict)
    assert (len(export.images), len(export.regions)) == GOOD[name]
    assert export.problems == ()


@pytest.mark.parametrize("name", {**REPAIRS, **LOSSES})
def test_lenient_reading_lists_the_defect_and_keeps_the_rest(name):
    images, regions, row, message = {**REPAIRS, **LOSSES}[name][:4]
    export = read_export(CORPUS / name)
    assert (len(export.images), len(export.regions)) == (images, regions)
    lost = name in LOSSES
    assert {problem.row for problem in export.problems if problem.lost == lost} == {row}
    assert message in " ".join(problem.message for problem in export.problems)
    assert lost or not any(problem.lost for problem in export.problems)
    assert replace(export.regions[-1], row=3) == SHIP


@pytest.mark.parametrize("name", REPAIRS)
def test_strict_reading_takes_what_loses_nothing(name):
    assert read_export(CORPUS / name, strict=True) == read_export(CORPUS / name)


@pytest.mark.parametrize("name", LOSSES)
def test_strict_reading_refuses_a_loss(name):
    _, _, row, message, expected = LOSSES[name]
    found = message.split(";")[0]
    with pytest.raises(InputError) as error:
        read_export(CORPUS / name, strict=True)
    text = str(error.value)
    assert f"{name}: row {row}" in text
    assert found in text
    assert f"expected {expected}" in text
    assert "Correct it in VIA" in text and "strict_regions" in text


def test_strict_reading_names_every_kind_of_loss(tmp_path):
    header, cat, ship = (CORPUS / "missing_key.csv").read_text().splitlines()
    other = (CORPUS / "broken_json.csv").read_text().splitlines()[1]
    (tmp_path / "a.csv").write_text("\n".join([header, other, cat, ship, cat, cat]))
    with pytest.raises(InputError) as error:
        read_export(tmp_path / "a.csv", strict=True)
    text = str(error.value)
    assert text.count("broken JSON") == 1
    assert "row 3 ('test_00012_cat.png'): a rect without height" in text
    assert "(3 times)" in text


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_by_name(name, strict):
    found, advice = REFUSED[name]
    with pytest.raises(InputError, match=rf"{name}: {found}.*expected a VIA 2 CSV.*{advice}"):
        read_export(CORPUS / name, strict)


def test_json_that_is_nested_too_deeply_is_refused():
    with pytest.raises(InputError, match="nested too deeply"):
        read_export(CORPUS / NESTED_TOO_DEEPLY)


def test_repairs():
    assert read_export(CORPUS / "comma_in_filename.csv").images[0] == "cat, asleep, test.png"
    attributes = {
        name: read_export(CORPUS / f"{name}.csv").regions[0].attributes
        for name in (
            *("trailing_space", "nested_attribute", "undefined_attributes", "value_plain"),
            *("semicolons", "tabs", "utf16", "utf16_unmarked"),
        )
    }
    assert attributes["trailing_space"] == {"class": "cat"}
    assert attributes["nested_attribute"] == {"class": "cat", "quality": '{"blurred":1}'}
    assert attributes["undefined_attributes"] == {}
    assert attributes["value_plain"] == {"class": "3", "blurred": "true"}
    assert attributes["semicolons"] == attributes["tabs"] == {"class": "cat; or so"}
    assert attributes["utf16"] == attributes["utf16_unmarked"] == {"class": "kätzchen"}
    assert read_export(CORPUS / "negative_coordinate.csv").regions[0].geometry["x"] == -4


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["value_undefined.csv", "value_undefined.json"])
def test_an_undefined_attribute_alone_is_missing(name, strict):
    export = read_export(CORPUS / name, strict)
    assert [region.attributes for region in export.regions] == [
        {"class": "cat", "note": 'say :undefined, or ":undefined}"', "undefined": "a"},
        {},
        {"quality": "good"},
        {"class": "ship"},
    ]
    assert export.file_attributes == {"test_00012_cat.png": {"caption": "x"}}


@pytest.mark.parametrize(
    "text",
    [
        "undefined",
        '{"a":undefinedly}',
        '{"a":"undefined}',
        '{"a":[undefined]}',
        "{undefined:1}",
        '{"a":undefined,"b":NaN}',
        '{"a":undefined,"b":-Infinity}',
        '{"a":"\\":undefined}',
    ],
)
def test_undefined_makes_no_other_text_json(text):
    with pytest.raises(ValueError, match=r"Expecting|JSON|Unterminated"):
        parse_json(text)


@given(st.dictionaries(st.text(max_size=6), st.none() | st.text(max_size=12), max_size=4))
@settings(max_examples=200, deadline=None, database=None)
def test_undefined_is_left_out_whatever_stands_around_it(members):
    spelled = {
        name: "undefined" if value is None else json.dumps(value + "undefined,", ensure_ascii=False)
        for name, value in members.items()
    }
    text = ",".join(f"{json.dumps(name)}:{value}" for name, value in spelled.items())
    kept = {name: f"{value}undefined," for name, value in members.items() if value is not None}
    assert parse_json("{" + text + "}") == kept


def test_ticked_boxes_are_a_value_whatever_their_order():
    regions = read_export(CORPUS / "value_checkbox.csv").regions
    assert [region.attributes.get("parts") for region in regions] == [
        "ear, tail",
        "ear, tail",
        None,
        None,
    ]
    assert summary(Export((), regions, (), {}))["attributes"]["parts"] == {"ear, tail": 2}


def test_coco_boxes_and_polygons_are_read_exactly():
    regions = read_export(CORPUS / "good_coco.json").regions
    cat = {"class": "cat"}
    assert [(one.shape, one.geometry, one.attributes) for one in regions[:3]] == [
        ("polygon", {"all_points_x": (96, 256, 256), "all_points_y": (96, 96, 256.5)}, cat),
        ("polygon", {"all_points_x": (0, 9, 9), "all_points_y": (0, 0, 9)}, cat),
        ("rect", {"x": 1, "y": 2, "width": 3, "height": 4}, cat),
    ]
    assert [(one.row, one.region_id) for one in regions] == [(1, 0), (1, 1), (2, 2), (3, 0)]
    assert replace(regions[3], row=SHIP.row) == SHIP


def test_in_coco_files_of_via_the_supercategory_is_the_attribute():
    regions = read_export(CORPUS / "good_coco_of_via.json").regions
    assert [region.attributes for region in regions] == [{"quality": "good"}, {"class": "cat"}]


def test_the_worst_kinds_of_defects_come_first_with_their_numbers():
    def problem(row, kind, lost=False, filename="a.png"):
        return Problem(row, filename, f"{kind} {row}; done", f"{kind}; done", lost)

    problems = [problem(row, "spaces") for row in range(2, 40)]
    problems += [problem(50, "no shape", lost=True), problem(51, "a mark", filename="")]
    problems += [problem(row, "no height", lost=True, filename="b.png") for row in (60, 61)]
    assert problem_lines(problems) == [
        "no height; done, 2 times; first row 60, b.png: no height 60; done; then row 61, b.png",
        "row 50, a.png: no shape 50; done",
        "spaces; done, 38 times; first row 2, a.png: spaces 2; done; then row 3, a.png; "
        "row 4, a.png; row 5, a.png; row 6, a.png; 33 more",
        "row 51: a mark 51; done",
    ]
    assert problem_lines(problems[-2:], rows=False) == [
        "no height; done, 2 times; first b.png: no height 60; done"
    ]
    assert problem_lines([problem(1, "k", filename="\x1b[2Jevil\n.png")]) == [
        "row 1, \ufffd[2Jevil\ufffd.png: k 1; done"
    ]


def test_formats_agree():
    exports = [read_export(CORPUS / f"good_{n}") for n in ("v2.csv", "v2.json", "v1.json")]
    exports.append(read_export(CORPUS / "good_project.json"))
    for export in exports:
        assert export.images == ("test_00012_cat.png", "test_00003_ship.png")
        assert export.file_attributes == {"test_00012_cat.png": {"caption": 'a "cat", asleep'}}
        assert without_rows(export.regions) == without_rows(exports[0].regions)
    shapes = ["rect", "circle", "ellipse", "ellipse", "polygon", "polyline", "point"]
    assert [region.shape for region in exports[0].regions] == shapes
    assert [region.region_id for region in exports[0].regions] == list(range(7))
    assert [region.row for region in exports[0].regions] == list(range(2, 9))
    assert exports[0].regions[4].geometry == {
        "all_points_x": (10, 400, 200),
        "all_points_y": (20, 30, 450),
    }


@pytest.mark.parametrize(
    "text", ["<?a?>" * 40 + "x", "<!-- a -->" * 40 + "x", "0 " + "1.5 " * 200 + "x"]
)
def test_text_of_no_format_is_refused_at_once(text, tmp_path):
    """Patterns that try every way to divide it would not end."""
    (tmp_path / "a").write_text(text)
    with pytest.raises(InputError, match="expected a VIA 2 CSV file"):
        read_export(tmp_path / "a")


def test_a_region_count_of_thousands_of_digits_is_no_error(tmp_path):
    text = (CORPUS / "semicolons.csv").read_text().replace(";1;0;", f";{'9' * 5000};0;")
    (tmp_path / "a.csv").write_text(text.replace("test_00012", "a;b"))
    export = read_export(tmp_path / "a.csv")
    assert len(export.regions) == 2
    assert "semicolons in a file name; joined again" in {one.message for one in export.problems}


@pytest.mark.parametrize("path", ["missing.csv", ".", "null\0byte.csv"])
def test_unreadable_path(path, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_export(tmp_path / path)


def via_import(text: str) -> list[tuple[str, str, dict, dict]]:
    """Apply the rules of VIA's own CSV import: lines first, commas outside quotes, then JSON."""
    header, *lines = re.split("[\r\n]", text)
    names = "filename,file_size,file_attributes,region_count,region_id"
    assert header == f"{names},region_shape_attributes,region_attributes"
    rows = []
    for line in filter(None, lines):
        cells = re.findall(r'(?:^|,)("(?:[^"]|"")*"|[^,"]*)', line)
        assert len(cells) == 7
        shape, attributes = (json.loads(c[1:-1].replace('""', '"')) for c in cells[5:])
        rows.append((cells[0], cells[1], shape, attributes))
    return rows


def test_written_csv_follows_the_import_rules_of_via(tmp_path):
    region = replace(SHIP, attributes={"class": 'a, "b"\n\\ \u2028 \u00e4'})
    write_csv(tmp_path / "a.csv", [region], images=["none.png"])
    rows = via_import((tmp_path / "a.csv").read_text(encoding="utf-8"))
    shape = {"name": "rect", **SHIP.geometry}
    assert rows == [("none.png", "-1", {}, {}), (SHIP.filename, "-1", shape, region.attributes)]


def test_csv_round_trip_is_byte_reproducible(tmp_path):
    export = read_export(CORPUS / "good_v2.csv")
    write_csv(tmp_path / "a.csv", export.regions, images=export.images)
    again = read_export(tmp_path / "a.csv", strict=True)
    assert (again.images, again.regions) == (export.images, export.regions)
    write_csv(tmp_path / "b.csv", again.regions, images=again.images)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("name", ["", "a,b.png", 'a"b.png', "a\nb.png", "\ud800.png"])
def test_names_that_via_cannot_read_back_are_refused(name, tmp_path):
    (tmp_path / "a.csv").write_text("before")
    with pytest.raises(InputError, match="Rename the image"):
        write_csv(tmp_path / "a.csv", [replace(SHIP, filename=name)])
    assert (tmp_path / "a.csv").read_text() == "before"


def test_files_with_such_names_are_left_out_of_what_is_imported(tmp_path):
    export = read_export(ROOT / "resources/example_annotations.csv")
    kept = fit_for_csv(export)
    left_out = set(export.images) - set(kept.images)
    assert left_out == {"stars, all of them.png"} and set(kept.images) <= set(export.images)
    write_csv(tmp_path / "a.csv", kept.regions, images=kept.images)
    again = read_export(tmp_path / "a.csv")
    assert without_rows(again.regions) == without_rows(
        region for region in export.regions if region.filename not in left_out
    )


@pytest.mark.parametrize("folder", ["/home/me/a thesis, draft/", "C:\\a, b\\"])
def test_a_folder_that_is_in_the_way_goes_and_the_name_stays(tmp_path, folder):
    region = replace(SHIP, filename=folder + SHIP.filename)
    plain = replace(SHIP, filename="a/test_00004_cat.png")
    images = (region.filename, plain.filename)
    kept = fit_for_csv(Export(images, (region, plain), (), {}))
    write_csv(tmp_path / "a.csv", kept.regions, images=kept.images)
    again = read_export(tmp_path / "a.csv")
    assert again.images == (SHIP.filename, plain.filename)
    assert without_rows(again.regions) == without_rows([SHIP, plain])


def test_a_polygon_of_many_points_is_read(tmp_path):
    points = tuple(float(i % 512) + 0.5 for i in range(20_000))
    polygon = {"all_points_x": points, "all_points_y": points[::-1]}
    region = replace(SHIP, shape="polygon", geometry=polygon)
    write_csv(tmp_path / "a.csv", [region])
    export = read_export(tmp_path / "a.csv", strict=True)
    assert without_rows(export.regions) == without_rows([region])


def test_project_has_what_via_asks_for(tmp_path):
    names = ["test_00012_cat.png", SHIP.filename]
    write_project(
        tmp_path / "project.json", new_project("project", names, "class", ["cat", "ship"])
    )
    project = json.loads((tmp_path / "project.json").read_text())
    # VIA opens a project only with all three of these, an image only with all four of those.
    assert project["_via_settings"] and project["_via_img_metadata"] and project["_via_attributes"]
    for record in project["_via_img_metadata"].values():
        assert record.keys() == {"filename", "size", "regions", "file_attributes"}
    assert project["_via_image_id_list"] == [f"{name}-1" for name in names]
    assert list(project["_via_img_metadata"]) == project["_via_image_id_list"]
    assert project["_via_settings"]["core"]["default_filepath"] == "./"
    assert project["_via_data_format_version"] == "2.0.10"
    dropdown = project["_via_attributes"]["region"]["class"]
    assert (dropdown["type"], list(dropdown["options"])) == ("dropdown", ["cat", "ship"])
    export = read_export(tmp_path / "project.json", strict=True)
    assert (export.images, export.regions) == (tuple(names), ())


# Fuzzing: whatever the bytes, the reader returns a usable export or raises InputError.

fuzz = settings(max_examples=200, deadline=None, database=None)
SEEDS = [
    (CORPUS / name).read_bytes()
    for name in ("good_v2.csv", "good_v2.json", "good_v1.json", "good_coco.json")
]
NASTY = [
    *(b"", b"\0", b"\r", b"\n", b'"', b'""', b",", b"{", b"}", b"[", b"]", b"\xff", b"\\ud800"),
    *(b"NaN", b"-Infinity", b"1e999", b"-1", b"true", b"null", b"undefined", b"9" * 5000),
    *(b":undefined,", b";", b"\t"),
    *(b"[" * 2000, b"\xef\xbb\xbf", b'{""a"":1}', b"\xe2\x80\xa8"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def fuzz_path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "export"


def read_or_none(path: Path, strict: bool) -> Export | None:
    try:
        return read_export(path, strict)
    except InputError:
        return None


def check_reader(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    lenient, strict = read_or_none(path, strict=False), read_or_none(path, strict=True)
    lossless = lenient is not None and not any(problem.lost for problem in lenient.problems)
    assert strict == (lenient if lossless else None)
    if lenient is not None:
        check_export_is_usable(lenient)


def check_export_is_usable(export: Export) -> None:
    json.dumps(summary(export), allow_nan=False).encode()
    "".join(export.images).encode()
    for region in export.regions:
        assert region.filename in export.images
        for value in region.geometry.values():
            for number in value if isinstance(value, tuple) else (value,):
                assert not isinstance(number, bool) and math.isfinite(number)
        if region.shape in AREAS:
            assert rasterise(region, 4, 4, 128).shape == (4, 4)


@fuzz
@given(st.binary(max_size=300) | st.sampled_from(SEEDS).map(lambda seed: seed[:120]))
def test_fuzz_arbitrary_bytes(fuzz_path, data):
    check_reader(fuzz_path, data)


@fuzz
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(
            st.integers(0, 2000), st.integers(0, 9), st.sampled_from(NASTY) | st.binary(max_size=4)
        ),
        max_size=4,
    ),
)
def test_fuzz_mutations_of_valid_exports(fuzz_path, data, mutations):
    for position, removed, inserted in mutations:
        position %= len(data)
        data = data[:position] + inserted + data[position + removed :]
    check_reader(fuzz_path, data)


@fuzz
@given(
    st.sampled_from(["filename", "regions", "file_attributes"])
    | st.sampled_from(["shape_attributes", "region_attributes", "name", "x", "width"]),
    json_values,
)
def test_fuzz_replaced_values(fuzz_path, key, value):
    def replaced(node):
        if isinstance(node, dict):
            return {k: value if k == key else replaced(v) for k, v in node.items()}
        return [replaced(item) for item in node] if isinstance(node, list) else node

    check_reader(fuzz_path, json.dumps(replaced(json.loads(SEEDS[1]))).encode())


numbers = st.integers(0, 600) | st.floats(0, 600)
points = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=6).map(
    lambda pairs: dict(zip(("all_points_x", "all_points_y"), zip(*pairs, strict=True), strict=True))
)
shapes = st.one_of(
    st.tuples(st.just("rect"), st.fixed_dictionaries(dict.fromkeys(SHIP.geometry, numbers))),
    st.tuples(st.sampled_from(["polygon", "polyline"]), points),
    st.tuples(st.just("point"), st.fixed_dictionaries({"cx": numbers, "cy": numbers})),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(str.strip)


@fuzz
@given(st.lists(st.tuples(shapes, st.dictionaries(texts, texts, max_size=2)), max_size=4))
def test_fuzz_csv_round_trip(fuzz_path, drawn):
    regions = [
        Region(SHIP.filename, shape, geometry, attributes, row=k + 2, region_id=k)
        for k, ((shape, geometry), attributes) in enumerate(drawn)
    ]
    write_csv(fuzz_path, regions)
    assert read_export(fuzz_path, strict=True).regions == tuple(regions)
