"""The page to look through test images: what it holds, what fits, and that nothing breaks out."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from small_explorer import HOSTILE, LAYERS, METHODS, REPORT, write_explorer, write_results

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.explain.maps import GroupName, read_maps
from resnetcam.explorer import page as page_module
from resnetcam.explorer.content import in_order_of_worth
from resnetcam.explorer.gathering import read_subject
from resnetcam.explorer.packing import coarse
from resnetcam.report.figures.overlays import Look, overlay

SCRIPT = REPORT / "explorer.js"
PIXELS = REPORT.parent / "tests/browser/explorer_pixels.json"
node = pytest.mark.skipif(not shutil.which("node"), reason="there is no node; see tests/browser")


class Elements(HTMLParser):
    """Tags, attributes, and the text of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.inline = [], [], []
        self.open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open = True
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open and self.tags[-1] in ("script", "style"):
            self.inline.append((self.tags[-1], self.attributes[-1], data))


def data_of(text):
    found = [data for _, said, data in Elements(text).inline if said.get("id") == "data"]
    return json.loads("".join(found))


def in_node(script, **values):
    """What a script returns that knows the page's functions and these values."""
    program = (
        f"{SCRIPT.read_text()}\nconst given = JSON.parse(require('fs').readFileSync(0));\n"
        f"(async () => {{ {script} }})().then((found) => console.log(JSON.stringify(found)));"
    )
    done = subprocess.run(
        ["node", "-e", program], input=json.dumps(values), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A page, the same as data, and its subject."""
    folder = tmp_path_factory.mktemp("small")
    path, subject = write_explorer(folder, regions=True, classes=("b",), with_maps=12)
    text = path.read_text()
    return text, data_of(text), subject


# What is on the page.


def test_images_are_those_that_have_every_map(small):
    text, data, subject = small
    assert data["numbers"] == list(range(12))
    assert subject.images.of_all == 20
    assert "<p>12 of 20 test images, with what each network says of them.\n" in text


@pytest.mark.parametrize(
    ("shown", "of_all", "told"),
    [
        (12, 12, "All 12 test images, with what each network says of them."),
        (2, 2_000, "2 of 2,000 test images, with what each network says of them."),
        (1, 20, "1 of 20 test images, with what each network says of it."),
        (1, 1, "The only test image, with what each network says of it."),
    ],
)
def test_how_many_of_the_test_images_are_shown(small, tmp_path, shown, of_all, told):
    _, _, subject = small
    images = subject.images._replace(of_all=of_all)
    some = subject._replace(images=images).first(shown)
    page_module.write_page(tmp_path / "a.html", REPORT, "x", some, Look())
    assert f"<p>{told}\n" in (tmp_path / "a.html").read_text()


def test_each_network_says_what_its_predictions_say(small):
    _, data, subject = small
    assert [run["title"] for run in data["runs"]] == ["one, seed 1", "one, seed 2", "two, seed 1"]
    for run, said in zip(subject.runs, data["runs"], strict=True):
        assert said["predicted"] == run.probabilities.argmax(1).tolist()
    assert data["labels"] == [i % 3 for i in range(12)]
    assert data["candidates"] == {"one": {"0": 2}, "two": {"0": 2}}


def test_maps_stand_in_the_order_of_their_worth(small):
    _, _, subject = small
    order = [
        (subject.runs[position].name, group.method, group.layer)
        for position, group in in_order_of_worth(subject.runs)
    ]
    assert order[:3] == [
        (name, "gradcam", "final") for name in ("one-seed1", "two-seed1", "one-seed2")
    ]
    assert order[3:5] == [("one-seed1", "eigencam", "final"), ("one-seed1", "layercam", "final")]
    assert order[-1] == ("one-seed2", "gradcam", "stage1")
    assert len(order) == len(set(order)) == 3 * (len(METHODS) + len(LAYERS) - 1)


def test_the_known_region_is_an_outline_of_its_image(small):
    _, data, subject = small
    assert data["regionOf"] == [0]
    assert subject.images.regions[0, :, :4].all()
    assert not subject.images.regions[0, :, 4:].any()


def test_a_network_of_other_images_is_refused(tmp_path):
    results = write_results(tmp_path)
    other = write_results(tmp_path / "other", n=21)
    with pytest.raises(DamagedFileError, match=r"its test images are not those of data\.h5"):
        read_subject(**results | {"predictions": other["predictions"]})


def test_maps_of_other_classes_are_refused(tmp_path):
    results = write_results(tmp_path)
    first, *others = results["maps"]
    subject = read_subject(**results | {"maps": [others[1], *others]})
    with pytest.raises(DamagedFileError, match="gradcam/final/predicted is of other classes"):
        page_module.write_page(tmp_path / "a.html", REPORT, "x", subject, Look())
    assert not (tmp_path / "a.html").exists()
    assert first.exists()


def test_without_an_image_with_every_map_a_message_says_so(tmp_path, monkeypatch):
    results = write_results(tmp_path)
    monkeypatch.setattr(
        "resnetcam.explorer.gathering.read_image_index",
        lambda path, group: np.array([len(group.layer)]),
    )
    with pytest.raises(InputError, match=r"No test image has the maps of all methods in .*gradcam"):
        read_subject(**results)


# What fits.


def test_a_page_is_no_larger_than_it_may_be_and_says_what_is_missing(tmp_path):
    whole, _ = write_explorer(tmp_path / "whole", n=60)
    text = whole.read_text()
    assert "every map has room on this page" in text
    frame = len(SCRIPT.read_text()) + len(page_module._style(REPORT))
    numbers, last = len(text) - frame, np.inf
    for share in (0.9, 0.8, 0.6):
        most = int(frame + page_module._FRAME + share * numbers)
        path, _ = write_explorer(tmp_path / str(most), n=60, most_bytes=most)
        assert path.stat().st_size <= most
        data = data_of(path.read_text())
        stored = [(g["layer"], g["images"]) for run in data["runs"] for g in run["groups"]]
        missing = re.findall(r"<li>(.*): (all|the last) (\d+)", path.read_text())
        assert len(missing) == sum(n < len(data["labels"]) for _, n in stored)
        for what, _, count in missing:
            method, layer = what.split(": ")[1].split(" at ")
            run = next(one for one in data["runs"] if one["title"] == what.split(": ")[0])
            (group,) = [g for g in run["groups"] if (g["method"], g["layer"]) == (method, layer)]
            assert group["images"] == len(data["labels"]) - int(count)
        assert sum(n for _, n in stored) < last
        last = sum(n for _, n in stored)
    assert "A page of 8 MB has no room for" in path.read_text()


def test_images_themselves_are_left_out_last(tmp_path):
    path, _ = write_explorer(tmp_path, n=300, side=40, most_bytes=220_000)
    text, data = path.read_text(), data_of(path.read_text())
    n = len(data["labels"])
    assert 1 < n < 300
    assert path.stat().st_size <= 220_000
    assert f"the last {300 - n} images of 300" in text
    assert "Images are compressed with loss" in text


def test_more_images_than_a_browser_likes_are_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "MOST_IMAGES", 15)
    path, _ = write_explorer(tmp_path)
    assert len(data_of(path.read_text())["labels"]) == 15
    assert "Of these, the first 15 are on this page." in path.read_text()


def test_large_images_and_fine_maps_are_shrunk_and_the_page_says_so(tmp_path):
    path, _ = write_explorer(tmp_path, n=4, side=200)
    text = path.read_text()
    assert "Images of 200 × 200 pixels are shrunk to 96 × 96." in text
    assert "more than 16 cells a side (33 × 33)" in text
    data = data_of(text)
    sizes = {g["layer"]: (g["height"], g["bits"]) for g in data["runs"][0]["groups"]}
    assert sizes == {"final": (4, 8), "stage2": (8, 4), "stage1": (11, 4)}


def test_many_classes_and_one_that_is_always_said(tmp_path):
    names = tuple(f"class {i}" for i in range(120))
    path, _ = write_explorer(tmp_path, names=names, n=240, said=3, channels=1)
    data = data_of(path.read_text())
    assert len(data["classes"]) == 120
    assert len(data["labels"]) == 240


# Nothing breaks out.


def test_hostile_names_stay_text(tmp_path):
    files = tuple(f"<i>{i}\udcff.png" for i in range(20))
    path, _ = write_explorer(
        tmp_path, dataset="<b>&", names=HOSTILE, files=files, classes=HOSTILE[1:2]
    )
    text = path.read_text()
    found = Elements(text)
    assert "<b>&" not in text
    assert html.escape("<b>&") in text
    assert found.tags.count("script") == 2
    assert not {"i", "b"} & set(found.tags)
    assert found.tags.count("img") == 1
    assert data_of(text)["classes"] == list(HOSTILE)
    assert not any(key.startswith("on") for one in found.attributes for key in one)


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else(small):
    text, _, _ = small
    found = Elements(text)
    (policy,) = [one["content"] for one in found.attributes if "http-equiv" in one]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    inline = {
        "script": "".join(d for tag, said, d in found.inline if tag == "script" and not said),
        "style": "".join(d for tag, _, d in found.inline if tag == "style"),
    }
    for tag, content in inline.items():
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert inline["script"] == SCRIPT.read_text()
    assert "innerHTML" not in inline["script"]
    assert not re.search("https?://", text)


def test_without_a_script_the_page_says_what_it_needs(small):
    assert re.search("<noscript>.*needs JavaScript", small[0])


# The same in the script as in Python.


@node
def test_the_script_unpacks_every_map(small):
    _, data, subject = small
    found = in_node(
        """
        const found = [];
        for (const run of given.data.runs) for (const group of run.groups) {
          for (const choice of ["predicted", "true", "b"]) {
            for (const image of given.data.labels.keys()) {
              const map = await mapOf(given.data, run, group, choice, image);
              found.push([...map.cells, map.peak]);
            }
          }
        }
        return found;""",
        data=data,
    )
    rows = iter(found)
    for run, said in zip(subject.runs, data["runs"], strict=True):
        by_title = {(one["method"], one["layer"]): one for one in said["groups"]}
        assert len(by_title) == len(run.groups)
        for group, packed in zip(run.groups, said["groups"], strict=True):
            for choice in ("predicted", "true", "b"):
                choice = choice if group.knows_a_class else "predicted"
                name = GroupName(group.method, group.layer, choice)
                for raw in read_maps(run.maps, name).maps[:12]:
                    *cells, peak = next(rows)
                    assert peak == pytest.approx(raw.max())
                    _same_but_for_steps(cells, coarse(raw[None])[0], packed["bits"])
    assert next(rows, None) is None


def _same_but_for_steps(cells, raw, bits):
    low, span = raw.min(), raw.max() - raw.min()
    expected = (raw - low) / span if span else np.zeros_like(raw)
    np.testing.assert_allclose(cells, (2**bits - 1) * expected.ravel(), atol=0.501)


@node
def test_a_map_that_is_not_there_is_none(small):
    _, data, _ = small
    script = """
        const [run] = given.data.runs, group = { ...run.groups[0], images: 5 };
        return [await mapOf(given.data, run, group, "predicted", 5),
                await mapOf(given.data, run, group, "a", 4),
                (await mapOf(given.data, run, group, "true", 4)) !== null];"""
    assert in_node(script, data=data) == [None, None, True]


def pixels(colormap, cells, alpha):
    """A map over an image, with what the figures show of them."""
    random = np.random.default_rng(1)
    image, times = random.integers(0, 256, (6, 5, 3), np.uint8), 4
    raw = random.random(cells).astype(np.float32).round(3)
    enlarged = image.repeat(times, 0).repeat(times, 1)
    rgba = np.concatenate([image, np.full((6, 5, 1), 255, np.uint8)], 2)
    colors = 255 * matplotlib.colormaps[colormap](np.arange(256))[:, :3]
    return {
        "cells": [round(value, 3) for value in raw.ravel().tolist()],
        **{"h": cells[0], "w": cells[1], "width": 5, "times": times, "alpha": alpha},
        "rgba": rgba.ravel().tolist(),
        "colors": np.rint(colors).astype(int).ravel().tolist(),
        "expected": np.rint(255 * overlay(enlarged, raw, Look(colormap, alpha)))
        .astype(int)
        .ravel()
        .tolist(),
    }


CASES = [pixels("inferno", (8, 8), 0.5), pixels("jet", (5, 7), 0.35), pixels("hot", (3, 2), 1)]


def test_the_pixels_that_a_browser_is_tested_by_are_the_figures_own():
    """To write them anew: python tests/unit/test_explorer_page.py."""
    assert json.loads(PIXELS.read_text()) == CASES


@node
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['h']}x{case['w']}")
def test_the_script_mixes_the_pixels_that_the_figures_show(case):
    found = in_node(
        """
        const heat = heatOf(given.cells, given.h, given.w, 24, 20);
        return [...overlay(heat, greyOf(given.rgba), 5, 4, given.alpha, given.colors)];""",
        **case,
    )
    found = np.reshape(found, (24, 20, 4))
    assert (found[..., 3] == 255).all()
    # A value may fall on either side of a colour's border.
    difference = np.abs(found[..., :3].ravel() - case["expected"])
    assert difference.max() <= 4
    assert (difference <= 1).mean() > 0.99


@node
def test_a_fragment_says_what_is_unusual_and_is_understood_again():
    states = [
        {},
        {"true": "cat", "correct": "wrong"},
        {"image": "2405"},
        {"true": HOSTILE[0], "predicted": "a&b=c#d", "from": "12.5", "run": "one+2-seed1"},
    ]
    script = """
        return given.states.map((some) => {
          const said = toFragment({ ...DEFAULTS, ...some });
          return [said, fromFragment(said)];
        });"""
    found = in_node(script, states=states)
    assert [said for said, _ in found[:3]] == ["#", "#true=cat&correct=wrong", "#image=2405"]
    usual = found[0][1]
    for state, (_, again) in zip(states, found, strict=True):
        assert again == usual | state


@node
def test_filters_and_order(small):
    _, data, _ = small
    sure = {"confidence": [0.9, 0.5, 0.7, 0.6], "margin": [0.8, 0.3, 0.1, 0.2]}
    said = [0, 1, 2, 1], [0, 2, 2, 2], [1, 1, 0, 2]
    runs = [
        run | sure | {"predicted": predicted}
        for run, predicted in zip(data["runs"], said, strict=True)
    ]
    data = data | {"runs": runs, "labels": [0, 1, 0, 0], "candidates": {"one": {"2": 1}}}
    states = [
        ({}, [0, 1, 2, 3]),
        ({"true": "a"}, [0, 2, 3]),
        ({"predicted": "b"}, [1, 3]),
        ({"correct": "right"}, [0, 1]),
        ({"correct": "wrong"}, [2, 3]),
        ({"correct": "all-wrong"}, [2, 3]),
        ({"correct": "every-wrong"}, [3]),
        ({"correct": "disagree"}, [1, 3]),
        ({"run": "two-seed1", "correct": "wrong"}, [0, 3]),
        ({"run": "two-seed1", "correct": "disagree"}, []),
        ({"candidates": "yes"}, [2]),
        ({"run": "two-seed1", "candidates": "yes"}, []),
        ({"from": "60", "to": "80"}, [2, 3]),
        ({"sort": "surest"}, [0, 2, 3, 1]),
        ({"sort": "unsurest"}, [1, 3, 2, 0]),
        ({"sort": "closest"}, [2, 3, 1, 0]),
        ({"sort": "clearest", "true": "a"}, [0, 3, 2]),
    ]
    script = """
        DEFAULTS.run = "one-seed1";
        return given.states.map((some) => chosen(given.data, { ...DEFAULTS, ...some }));"""
    found = in_node(script, data=data, states=[some for some, _ in states])
    assert found == [expected for _, expected in states]


@node
def test_shares_are_written_as_in_tables():
    from resnetcam.prediction.table import share_in_words

    shares = [1e-6, 0.0004, 0.0006, 0.123, 0.93149, 0.9994, 0.99951]
    found = in_node("return given.shares.map(percent);", shares=shares)
    assert found == [share_in_words(share) for share in shares]


if __name__ == "__main__":
    PIXELS.write_text(json.dumps(CASES) + "\n")
