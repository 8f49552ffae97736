"""Figures in a page: small, whole, and in the reader's colours."""

import base64
import io
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from resnetcam.common.errors import DamagedFileError
from resnetcam.report.colors import BLUE, INK, ON_DARK
from resnetcam.report.figures.canvas import drawing
from resnetcam.report.vector import figure_uri

NAMES = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def draw(path, side=32):
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    with drawing(path, 2) as figure:
        left, right = figure.subplots(1, 2)
        left.imshow(pixels, interpolation="nearest")
        right.plot([0, 1], color=BLUE)
        right.text(0, 0, 'it\'s <b> & "so" --> 5 % #1')
        right.text(0, 1, "black", color="black")
    return pixels


def read(path):
    uri = figure_uri(path)
    kind, _, svg = uri.partition(",")
    assert kind == "data:image/svg+xml"
    assert not set('"<># \n') & set(svg) - {" "}
    return ElementTree.fromstring(unquote(svg)), unquote(svg), uri


def picture(root):
    (found,) = root.iter(f"{NAMES}image")
    kind, _, content = found.get(HREF).partition(",")
    assert kind == "data:image/webp;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


def test_small_pictures_keep_every_pixel(tmp_path):
    pixels = draw(tmp_path / "a.png")
    root, _, _ = read(tmp_path / "a.svg")
    assert np.array_equal(picture(root), pixels)


def test_it_is_smaller_than_the_file_and_the_same_again(tmp_path):
    draw(tmp_path / "a.png", side=200)
    _, _, uri = read(tmp_path / "a.svg")
    assert len(uri) < 0.6 * (tmp_path / "a.svg").stat().st_size
    written = (tmp_path / "a.svg").read_bytes()
    draw(tmp_path / "a.png", side=200)
    assert (tmp_path / "a.svg").read_bytes() == written and figure_uri(tmp_path / "a.svg") == uri


def test_all_that_refers_to_something_finds_it(tmp_path):
    draw(tmp_path / "a.png")
    root, svg, _ = read(tmp_path / "a.svg")
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    used = {one.get(HREF)[1:] for one in root.iter(f"{NAMES}use")}
    used |= set(re.findall(r"url\(#([^)]+)\)", svg))
    assert used and used <= ids


def test_ink_follows_the_scheme_and_black_on_a_colour_stays(tmp_path):
    draw(tmp_path / "a.png")
    root, svg, _ = read(tmp_path / "a.svg")
    (style,) = [
        one.text for one in root.iter(f"{NAMES}style") if "prefers-color-scheme" in one.text
    ]
    light, dark = style.split("@media(prefers-color-scheme:dark)")
    number = list(ON_DARK).index(INK)
    assert f"--c{number}:{INK};" in light and f"--c{number}:{ON_DARK[INK]};" in dark
    drawn = svg.replace(style, "")
    assert f"var(--c{number})" in drawn
    assert INK.lower() not in drawn.lower() and BLUE.lower() not in drawn.lower()
    assert "#1f2328" in (tmp_path / "a.svg").read_text()  # the file itself has plain colours
    assert not re.search(r"<text|<script|on\w+=", svg)


def test_the_background_is_left_to_the_page(tmp_path):
    draw(tmp_path / "a.png")
    root, _, _ = read(tmp_path / "a.svg")
    first = next(one for one in root.iter(f"{NAMES}path"))
    assert "fill: none" in first.get("style")


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe", b'<svg href="data:image/png;base64,AAAA"/>']
)
def test_a_damaged_figure_is_named(tmp_path, content):
    if content:
        (tmp_path / "a.svg").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"a\.svg"):
        figure_uri(tmp_path / "a.svg")
