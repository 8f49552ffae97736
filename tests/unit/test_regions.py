"""Regions on the workflow's images: names, rasterisation, masks and summary."""

import json
import math
import re

import numpy as np
import pytest

from resnetcam.regions.export import Export, Problem, Region
from resnetcam.regions.geometry import rasterise
from resnetcam.regions.on_images import (
    describe_use,
    image_index,
    image_name,
    masks_for_images,
    summary,
)
from resnetcam.regions.via import read_export
from resnetcam.regions.via_files import write_csv

pytestmark = pytest.mark.filterwarnings("error")

CLASS_NAMES = ["airplane", "cat", "ship"]
LABELS = np.array([1, 2, 1, 0], np.uint8)
STAR = {  # a pentagram, its vertices on a circle of radius 400 about (512, 512)
    "all_points_x": tuple(512 + 400 * math.sin(k * 4 * math.pi / 5) for k in range(5)),
    "all_points_y": tuple(512 - 400 * math.cos(k * 4 * math.pi / 5) for k in range(5)),
}
TRIANGLE = {"all_points_x": (100, 900, 300), "all_points_y": (100, 250, 950)}


def region(shape, filename="test_00000_cat.png", label="cat", row=2, **geometry):
    return Region(filename, shape, geometry, {"class": label}, row, 0)


def rect(x, y, width, height, **kwargs):
    return region("rect", x=x, y=y, width=width, height=height, **kwargs)


def export_of(*regions):
    return Export(tuple(dict.fromkeys(r.filename for r in regions)), regions, (), {})


def masks_of(*regions):
    return masks_for_images(export_of(*regions), LABELS, CLASS_NAMES, (32, 32))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("test_00012_cat.png", 12),
        ("/home/anna/images/test_00012_cat.jpg", 12),
        ("C:\\images\\test_00012_cat.PNG", 12),
        ("test_09999_a_b.c.png", 9999),
        ("test_00012.png", 12),
        ("test_123456_cat.png", 123456),
        ("test_12_cat.png", None),
        ("test_00012_cat/other.png", None),
        ("my_test_00012_cat.png", None),
        ("train_00012_cat.png", None),
        ("test_0001\u0662_cat.png", None),
        ("", None),
    ],
)
def test_image_index(name, index):
    assert image_index(name) == index


def test_image_name():
    assert image_name(12, "cat") == "test_00012_cat.png"
    assert image_name(7, 'a/b, "c"') == "test_00007_a-b---c-.png"
    assert [image_index(image_name(k, "x_1.2/3")) for k in (0, 9999, 123456)] == [0, 9999, 123456]


def pentagram_area(radius):
    """The five points of a pentagram: even-odd leaves out the pentagon in its middle."""
    inner = radius * math.sin(math.pi / 10) / math.sin(7 * math.pi / 10)
    pentagon = 5 / 2 * inner**2 * math.sin(2 * math.pi / 5)
    return 5 * radius * inner * math.sin(math.pi / 5) - pentagon


@pytest.mark.parametrize(
    ("drawn", "area"),
    [
        (rect(100.3, 200.6, 300, 151), 300 * 151),
        (region("circle", cx=500, cy=480, r=300), math.pi * 300**2),
        (region("ellipse", cx=500, cy=500, rx=400, ry=150), math.pi * 400 * 150),
        (region("ellipse", cx=500, cy=500, rx=400, ry=150, theta=0.7), math.pi * 400 * 150),
        (region("polygon", **TRIANGLE), 325_000),
        (region("polygon", **STAR), pentagram_area(400)),
        (region("circle", cx=0, cy=512, r=300), math.pi * 300**2 / 2),
        (rect(-100, 900, 300, 300), 200 * 124),
    ],
)
@pytest.mark.parametrize("scale", [1, 0.5])
def test_area_agrees_with_the_formula(drawn, area, scale):
    size = round(1024 / scale)
    assert rasterise(drawn, size, size, scale).sum() * scale**2 == pytest.approx(area, rel=0.005)


def test_ellipse_turns_from_x_towards_y():
    mask = rasterise(region("ellipse", cx=50, cy=50, rx=40, ry=5, theta=math.pi / 4), 100, 100, 1)
    assert mask[70, 70] and mask[30, 30]
    assert not mask[30, 70] and not mask[70, 30]
    upright = region("ellipse", cx=50, cy=50, rx=40, ry=5)
    turned = region("ellipse", cx=50, cy=50, rx=5, ry=40, theta=math.pi / 2)
    np.testing.assert_array_equal(rasterise(upright, 100, 100, 1), rasterise(turned, 100, 100, 1))


@pytest.mark.parametrize(
    ("drawn", "pixels"),
    [
        (rect(40, 24, 16, 1), [[1, 2]]),
        (rect(40, 24, 16.5, 1), [[1, 2], [1, 3]]),
        (rect(40.5, 24, 15, 1), []),
        (rect(32, 16, 32, 16), [[1, 2], [1, 3]]),
        (
            region("polygon", all_points_x=(32, 64, 64, 32), all_points_y=(16, 16, 32, 32)),
            [[1, 2], [1, 3]],
        ),
        (region("circle", cx=48, cy=24, r=8), [[1, 2], [1, 3]]),
        (region("circle", cx=48, cy=24, r=7.9), []),
    ],
)
def test_only_pixels_whose_centre_is_inside(drawn, pixels):
    assert np.argwhere(rasterise(drawn, 4, 5, 16)).tolist() == pixels


def test_touching_regions_share_no_pixel():
    left, right = rasterise(rect(0, 0, 8, 64), 4, 4, 16), rasterise(rect(8, 0, 56, 64), 4, 4, 16)
    np.testing.assert_array_equal(left ^ right, np.ones((4, 4), bool))
    upper = {"all_points_x": (0, 64, 64), "all_points_y": (0, 0, 64)}
    lower = {"all_points_x": (0, 64, 0), "all_points_y": (0, 64, 64)}
    a, b = (rasterise(region("polygon", **points), 4, 4, 16) for points in (upper, lower))
    np.testing.assert_array_equal(a ^ b, np.ones((4, 4), bool))


@pytest.mark.parametrize(
    "drawn",
    [
        rect(10, 10, 0, 50),
        region("circle", cx=5, cy=5, r=0),
        region("ellipse", cx=8, cy=8, rx=0, ry=50),
        region("ellipse", cx=8, cy=8, rx=0, ry=0),
        region("polygon", all_points_x=(1, 1, 1), all_points_y=(0, 30, 60)),
        rect(600, 10, 50, 50),
    ],
)
def test_regions_without_area_are_empty_and_reported(drawn):
    assert not rasterise(drawn, 32, 32, 16).any()
    result = masks_of(drawn)
    assert result.masks.shape == (0, 32, 32) and result.image_index.shape == (0,)
    (problem,) = result.problems
    assert problem.row == 2 and problem.lost
    assert re.search("covers no pixel|smaller than a pixel", problem.message)


@pytest.mark.parametrize(
    ("drawn", "left_out"),
    [
        (region("point", cx=263, cy=300), "a point has no area"),
        (region("polyline", all_points_x=(8, 500), all_points_y=(24, 300)), "a polyline has no"),
        (rect(7, 7, 3, 3), "the rect is smaller than a pixel"),
        (region("circle", cx=8, cy=8, r=2), "the circle is smaller than a pixel"),
        (rect(600, 10, 50, 50), "the rect covers no pixel"),
    ],
)
def test_what_has_no_area_of_a_pixel_is_no_region(drawn, left_out):
    result = masks_of(drawn, rect(0, 0, 16, 16, filename="test_00001_ship.png", label="ship"))
    assert result.image_index.tolist() == [1] and result.masks.sum() == 1
    assert left_out in result.problems[0].message and result.problems[0].lost


def test_masks_unite_the_regions_of_an_image():
    first, second = rect(0, 0, 64, 64), rect(256, 256, 64, 64)
    other = rect(0, 0, 512, 512, filename="a/test_00001_ship.jpg", label="ship")
    result = masks_of(other, first, second)
    assert result.image_index.tolist() == [0, 1] and result.image_index.dtype == np.uint32
    assert result.masks.dtype == bool and result.masks[1].all()
    union = rasterise(first, 32, 32, 16) | rasterise(second, 32, 32, 16)
    np.testing.assert_array_equal(result.masks[0], union)
    assert result.problems == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filename": "dog.png"}, "the file name is not that of a test image"),
        ({"filename": "test_00004_cat.png"}, "test image 4 does not exist, the last one is 3"),
        (
            {"label": "", "filename": "test_00000_ship.png"},
            "no 'class' is chosen, and the image's class is 'cat'",
        ),
        ({"label": "dog"}, "labelled 'dog', but the image's class is 'cat'"),
        ({"label": "ship"}, "labelled 'ship', but the image's class is 'cat'"),
    ],
)
def test_unusable_region_is_left_out_and_reported(changes, message):
    good = rect(0, 0, 64, 64, row=2)
    result = masks_of(good, rect(100, 100, 64, 64, row=3, **changes))
    assert result.image_index.tolist() == [0]
    np.testing.assert_array_equal(result.masks[0], rasterise(good, 32, 32, 16))
    (problem,) = result.problems
    assert (problem.row, problem.filename) == (3, changes.get("filename", good.filename))
    assert problem.message.startswith(message) and problem.message.endswith("region left out")
    assert problem.lost


@pytest.mark.parametrize(
    "filename",
    ["test_00000_cat.png", "a/test_00000_cat.jpg", "C:\\b\\test_00000.png", "test_00000_cat.x.png"],
)
def test_a_region_without_a_class_is_taken_to_be_of_its_images(filename):
    drawn = rect(0, 0, 64, 64, filename=filename, label="")
    result = masks_of(drawn, Region(drawn.filename, "rect", drawn.geometry, {}, 3, 1))
    taken = not filename.endswith("x.png")
    assert result.image_index.tolist() == [0] * taken
    assert [problem.lost for problem in result.problems] == [not taken] * 2
    if taken:
        assert {one.message for one in result.problems} == {
            "no 'class' is chosen; assumed to be its image's"
        }


def test_use_is_told_with_counts_reasons_and_empty_images():
    regions = (
        rect(0, 0, 64, 64),
        rect(0, 0, 64, 64, label="ship", row=3),
        rect(9, 0, 64, 64, label="ship", row=4),
        rect(0, 0, 64, 64, filename="dog.png", row=5),
        rect(0, 0, 64, 64, filename="test_00001_ship.png", label="", row=6),
    )
    images = ("test_00000_cat.png", "test_00001_ship.png", "test_00002_cat.png", "dog.png")
    export = Export(images, regions, (), {})
    known = masks_for_images(export, LABELS, CLASS_NAMES, (32, 32))
    assert describe_use(export, known) == [
        "used: 2 of 5 regions, on 2 images",
        "of another class than the image's; region left out, 2 times; first row 3, "
        "test_00000_cat.png: labelled 'ship', but the image's class is 'cat'; region left out; "
        "then row 4, test_00000_cat.png",
        "row 5, dog.png: the file name is not that of a test image, such as test_00012_cat.png; "
        "region left out",
        "row 6, test_00001_ship.png: no 'class' is chosen; assumed to be its image's",
        "without a used region: 1 of the 3 images that the file names (test_00002_cat.png)",
    ]


@pytest.mark.parametrize(
    ("drawn", "clipped"),
    [
        (rect(0, 0, 512, 512), False),
        (rect(-1, 0, 100, 100), True),
        (rect(413, 0, 100, 100), True),
        (region("circle", cx=100, cy=100, r=100), False),
        (region("circle", cx=100, cy=99, r=100), True),
        (region("ellipse", cx=256, cy=256, rx=300, ry=20, theta=0.9), False),
        (region("ellipse", cx=256, cy=256, rx=300, ry=20, theta=0.2), True),
        (region("polygon", all_points_x=(0, 90, 50), all_points_y=(5, 90, 512.5)), True),
    ],
)
def test_reaching_out_of_the_image_is_reported(drawn, clipped):
    result = masks_of(drawn)
    assert result.image_index.tolist() == [0]
    messages = [problem.message for problem in result.problems]
    assert messages == [f"{drawn.shape} reaches out of the 512 x 512 px image; clipped"] * clipped


def test_summary():
    regions = (
        rect(0, 0, 10, 20),
        region("circle", cx=5, cy=5, r=10, filename="b.png", label="ship"),
        region("polygon", all_points_x=(0, 8, 8, 0), all_points_y=(0, 0, 9, 9)),
        region("ellipse", cx=0, cy=0, rx=3, ry=4),
        region("point", cx=1, cy=1),
    )
    problem = Problem(4, "b.png", "a defect", "a kind", lost=True)
    export = Export(("test_00000_cat.png", "b.png", "none.png"), regions, (problem,), {})
    result = summary(export)
    assert json.loads(json.dumps(result)) == result
    areas = result.pop("area_px2")
    assert result == {
        "images": 3,
        "images_with_regions": 2,
        "regions": 5,
        "shapes": {"circle": 1, "ellipse": 1, "point": 1, "polygon": 1, "rect": 1},
        "attributes": {"class": {"cat": 4, "ship": 1}},
        "sides_px": [6.1, 8.5, 14.1, 17.7],
        "unit": "pixels of the annotated image",
        "problems": [
            {"kind": "a kind", "lost": True, "message": "row 4, b.png: a defect", "rows": [4]}
        ],
    }
    assert list(areas) == ["min", "q25", "median", "q75", "max"]
    assert areas["min"] == pytest.approx(12 * math.pi)
    assert areas["median"] == pytest.approx((72 + 200) / 2)
    assert areas["max"] == pytest.approx(100 * math.pi)
    assert summary(Export((), (), (), {}))["area_px2"] is None
    enlarged = summary(export_of(rect(0, 0, 9, 9)))
    assert enlarged["unit"] == "pixels of enlarged test images"


def test_a_summary_names_the_most_frequent_value_first():
    labels = ["b", "a", "zebra", "zebra", "c"]
    found = summary(export_of(*(rect(0, 0, 9, 9, label=label) for label in labels)))
    assert list(found["attributes"]["class"].items()) == [
        ("zebra", 2),
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]


def test_drawn_regions_come_back_as_masks(tmp_path):
    drawn = [rect(32, 48, 64, 80), rect(0, 0, 512, 256, filename=image_name(1, "ship"))]
    labelled = [drawn[0], Region(**{**vars(drawn[1]), "attributes": {"class": "ship"}})]
    write_csv(tmp_path / "regions.csv", labelled)
    export = read_export(tmp_path / "regions.csv", strict=True)
    result = masks_for_images(export, LABELS, CLASS_NAMES, (32, 32))
    assert np.argwhere(result.masks[0]).min(axis=0).tolist() == [3, 2]
    assert result.masks.sum(axis=(1, 2)).tolist() == [5 * 4, 16 * 32]
