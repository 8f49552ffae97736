"""The annotation kit, and what becomes of drawings when it is written again."""

import json
import os

import numpy as np
import pytest
from PIL import Image

import resnetcam.regions.kit
from resnetcam.common.errors import InputError
from resnetcam.regions.kit import drawn_projects, write_annotation_kit
from resnetcam.regions.via import read_export

CLASS_NAMES = ["airplane", "cat", "ship"]
LABELS = np.array([1, 2, 1, 0], np.uint8)
IMAGES = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), np.uint8)
NAMES = [f"test_0000{i}_{CLASS_NAMES[label]}.png" for i, label in enumerate(LABELS)]
RECT = {"name": "rect", "x": 10, "y": 20, "width": 30.5, "height": 40}


def write_kit(folder, images, indices, labels, known=False):
    write_annotation_kit(
        folder, images, indices, labels, CLASS_NAMES, dataset="mine", regions_are_known=known
    )


def write(folder, indices, labels=LABELS):
    write_kit(folder, IMAGES[indices], indices, labels[indices])
    return json.loads((folder / "project.json").read_text())


def draw(project, name, **attributes):
    """What VIA saves after a person drew a region on an image."""
    (record,) = [r for r in project["_via_img_metadata"].values() if r["filename"] == name]
    record["regions"].append({"shape_attributes": RECT, "region_attributes": attributes})


def save(path, project, age=0):
    path.write_text(json.dumps(project))
    os.utime(path, (1e9 - age, 1e9 - age))


def regions_of(path):
    export = read_export(path, strict=True)
    return [(one.filename, one.geometry, one.attributes) for one in export.regions]


def test_grey_images_are_written_too(tmp_path):
    grey = IMAGES[..., :1]
    write_kit(tmp_path, grey[[1]], [1], LABELS[[1]])
    enlarged = np.array(Image.open(tmp_path / NAMES[1]))
    np.testing.assert_array_equal(enlarged, np.kron(grey[1, ..., 0], np.ones((16, 16), np.uint8)))


def test_annotation_kit(tmp_path):
    project = write(tmp_path, [0, 1, 3])
    names = [NAMES[i] for i in (0, 1, 3)]
    assert {path.name for path in tmp_path.iterdir()} == {*names, "project.json", "README.txt"}
    for name, image in zip(names, IMAGES[[0, 1, 3]], strict=True):
        enlarged = np.array(Image.open(tmp_path / name))
        assert enlarged.shape == (128, 128, 3)
        np.testing.assert_array_equal(enlarged, np.kron(image, np.ones((16, 16, 1), np.uint8)))
    export = read_export(tmp_path / "project.json", strict=True)
    assert (export.images, export.regions) == (tuple(names), ())
    assert list(project["_via_attributes"]["region"]["class"]["options"]) == CLASS_NAMES
    readme = (tmp_path / "README.txt").read_text()
    for words in (
        *("via.html", "project.json", "Project > Save", "press Enter", "Points and lines", "JSON"),
        *("via_export_json.json", "via_export_csv.csv", "datasets.mine.regions", "16 times"),
    ):
        assert words in readme
    assert max(map(len, readme.splitlines())) <= 100


def test_a_larger_kit_goes_on_with_what_was_drawn(tmp_path):
    project = write(tmp_path, [0, 1])
    draw(project, NAMES[0], **{"class": "cat", "quality": "good"})
    draw(project, NAMES[0])
    project["_via_attributes"]["region"]["quality"] = {"type": "text"}
    project["_via_settings"]["ui"]["mine"] = [1.5, "ä"]
    project["_via_img_metadata"]["mine.png77"] = {
        "filename": "mine.png",
        "size": 77,
        "regions": [],
        "file_attributes": {},
    }
    project["_via_image_id_list"].append("mine.png77")
    save(tmp_path / "project.json", project)
    drawn = regions_of(tmp_path / "project.json")

    larger = write(tmp_path, [0, 1, 2, 3])

    assert len(drawn) == 2 and regions_of(tmp_path / "project.json") == drawn
    assert read_export(tmp_path / "project.json").images == (*NAMES[:2], "mine.png", *NAMES[2:])
    shown = [larger["_via_img_metadata"][key]["filename"] for key in larger["_via_image_id_list"]]
    assert shown == [*NAMES, "mine.png"]
    assert larger["_via_attributes"]["region"].keys() == {"class", "quality"}
    assert larger["_via_settings"] == project["_via_settings"]
    assert write(tmp_path, [0, 1, 2, 3]) == larger
    assert sorted(p.name for p in tmp_path.glob("*.json")) == ["project.json"]


def test_a_smaller_kit_drops_no_image_with_a_drawing(tmp_path):
    project = write(tmp_path, [0, 1, 2, 3])
    draw(project, NAMES[2])
    project["_via_img_metadata"][f"{NAMES[3]}-1"]["file_attributes"] = {"seen": "yes"}
    save(tmp_path / "project.json", project)
    write(tmp_path, [0])
    assert read_export(tmp_path / "project.json").images == (NAMES[0], NAMES[2], NAMES[3])
    assert [one[0] for one in regions_of(tmp_path / "project.json")] == [NAMES[2]]


def test_without_a_drawing_the_kit_is_as_new(tmp_path):
    fresh = write(tmp_path / "a", [0, 3])
    write(tmp_path / "b", [0, 1, 2])
    assert write(tmp_path / "b", [0, 3]) == fresh
    assert [path.name for path in (tmp_path / "b").glob("*.json")] == ["project.json"]


@pytest.mark.parametrize("whole", [True, False])
def test_the_newest_project_is_gone_on_with_and_the_other_kept(tmp_path, caplog, whole):
    """Whether it is a project, or what Annotation > Export Annotations (as json) writes."""
    project = write(tmp_path, [0, 1])
    draw(project, NAMES[0], **{"class": "cat"})
    save(tmp_path / "project.json", project, age=10)
    before = (tmp_path / "project.json").read_bytes()
    draw(project, NAMES[1], **{"class": "ship"})
    newest = tmp_path / "project (1).json"
    save(newest, project if whole else project["_via_img_metadata"])
    drawn = regions_of(newest)

    for _ in range(2):
        larger = write(tmp_path, [0, 1, 2])

    assert len(drawn) == 2 and regions_of(tmp_path / "project.json") == drawn == regions_of(newest)
    assert "_via_settings" in larger
    assert (tmp_path / "project.kept-1.json").read_bytes() == before
    assert len(list(tmp_path.glob("*.json"))) == 3
    assert "project.json is kept as project.kept-1.json" in caplog.text


@pytest.mark.parametrize("content", ["{", "filename,file_size\n", '{"project": {}, "view": {}}'])
def test_a_file_that_is_no_project_is_kept_too(tmp_path, caplog, content):
    (tmp_path / "project.json").write_text(content)
    project = write(tmp_path, [0])
    assert list(project["_via_img_metadata"]) == [f"{NAMES[0]}-1"]
    assert (tmp_path / "project.kept-1.json").read_text() == content
    assert "is kept as" in caplog.text


def test_a_kill_at_any_write_loses_no_drawing(tmp_path, monkeypatch):
    project = write(tmp_path, [0, 1])
    draw(project, NAMES[0], **{"class": "cat"})
    save(tmp_path / "project.json", project)
    drawn = regions_of(tmp_path / "project.json")
    whole, real = 0, resnetcam.regions.kit.replacing
    for allowed in range(9):
        left = iter(range(allowed))

        def dying(path, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return real(path)

        monkeypatch.setattr("resnetcam.regions.kit.replacing", dying)
        monkeypatch.setattr("resnetcam.regions.via_files.replacing", dying)
        try:
            write(tmp_path, [0, 1, 2, 3])
            whole += 1
        except KeyboardInterrupt:
            pass
        assert regions_of(tmp_path / "project.json") == drawn
    assert 0 < whole < 9


def test_options_of_classes_are_completed_and_text_attributes_left(tmp_path):
    project = write(tmp_path, [0])
    draw(project, NAMES[0], **{"class": "cat"})
    project["_via_attributes"]["region"]["class"]["options"] = {"cat": "a cat", "sheep": ""}
    save(tmp_path / "project.json", project)
    options = write(tmp_path, [0, 1])["_via_attributes"]["region"]["class"]["options"]
    assert options == {"airplane": "airplane", "cat": "a cat", "ship": "ship", "sheep": ""}

    project["_via_attributes"]["region"]["class"] = {"type": "text"}
    save(tmp_path / "project.json", project)
    assert write(tmp_path, [0])["_via_attributes"]["region"]["class"] == {"type": "text"}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (False, "Set datasets.mine.regions in config.yaml"),
        (True, "list the file under datasets.mine."),
    ],
)
def test_the_kit_says_what_becomes_of_what_is_drawn(tmp_path, known, told):
    images, indices, labels = IMAGES[:2], np.arange(2), np.zeros(2, np.uint8)

    write_kit(tmp_path, images, indices, labels, known)

    text = (tmp_path / "README.txt").read_text()
    assert told in text
    assert "no verdict on where maps lie with regions on fewer than 20 images" in text


def test_what_an_editor_or_a_kill_leaves_is_no_project(tmp_path):
    (tmp_path / ".#project.json").symlink_to("me@host.12:34")
    (tmp_path / ".project.json-abcdefgh.json").write_text("{}")
    (tmp_path / "gone.json").symlink_to("nowhere")
    (tmp_path / "folder.json").mkdir()

    assert drawn_projects(tmp_path) == []


def test_a_folder_in_the_projects_place_is_named(tmp_path):
    (tmp_path / "project.json").mkdir()
    with pytest.raises(InputError, match=r"project\.json is a folder"):
        write_kit(tmp_path, IMAGES[:1], [0], np.zeros(1, np.uint8))
