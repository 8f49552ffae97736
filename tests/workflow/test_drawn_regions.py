"""Regions that a person draws: kept whatever runs again, and accounted for before a training."""

import hashlib
import json
import shutil

import pytest
import yaml

from resnetcam.regions.export import Region
from resnetcam.regions.via import read_export
from resnetcam.regions.via_files import write_csv

pytestmark = pytest.mark.slow

KIT = "results/shapes/annotate"
RECT = {"name": "rect", "x": 96, "y": 96, "width": 160, "height": 160}


def draw(workflow):
    """Save over the kit's project, as VIA proposes, with two regions on one image."""
    path = workflow.folder / KIT / "project.json"
    project = json.loads(path.read_text())
    record = next(iter(project["_via_img_metadata"].values()))
    for attributes in ({"class": "star"}, {"quality": "good"}):
        record["regions"].append({"shape_attributes": RECT, "region_attributes": attributes})
    path.write_text(json.dumps(project))
    return record


def drawn(workflow):
    project = json.loads((workflow.folder / KIT / "project.json").read_text())
    return [record for record in project["_via_img_metadata"].values() if record["regions"]]


def test_drawings_outlive_a_larger_kit(workflow):
    record = draw(workflow)
    assert workflow.planned() == {}
    workflow.edit("tiny.yaml", "annotate_images: 3", "annotate_images: 7")
    assert workflow.planned()["annotate"] == 1

    output = workflow.run(f"{KIT}/README.txt").output

    assert drawn(workflow) == [record]
    assert "continuing with project.json (regions: 2, on 1 image)" in output
    assert len(list((workflow.folder / KIT).glob("test_*.png"))) == 7
    workflow.run("--forcerun", "annotate", f"{KIT}/README.txt")
    assert drawn(workflow) == [record]


def test_drawings_outlive_a_kit_that_fails_or_is_killed(workflow):
    record = draw(workflow)
    path = "scripts/resnetcam/regions/kit.py"
    line = "    drawn = drawn_projects(folder)\n"
    workflow.edit("tiny.yaml", "annotate_images: 3", "annotate_images: 7")
    workflow.edit(path, line, '    raise OSError("a mishap")\n' + line)
    assert workflow.run(f"{KIT}/README.txt", check=False).returncode != 0
    assert drawn(workflow) == [record]

    workflow.edit(
        path, '    raise OSError("a mishap")\n', "    import os; os.kill(os.getpid(), 9)\n"
    )
    assert workflow.run(f"{KIT}/README.txt", check=False).returncode != 0
    assert drawn(workflow) == [record]

    workflow.edit(path, "    import os; os.kill(os.getpid(), 9)\n", "")
    workflow.run(f"{KIT}/README.txt")
    assert drawn(workflow) == [record]


@pytest.fixture
def own(workflow):
    """Returns a function that gives the drawn archive, as a user's own, an export of regions."""

    def give(regions, images=(), **settings):
        shutil.copy(workflow.folder / "results/shapes/images.tar.gz", workflow.folder)
        digest = hashlib.sha256((workflow.folder / "images.tar.gz").read_bytes()).hexdigest()
        config = yaml.safe_load((workflow.folder / "tiny.yaml").read_text())
        shapes = config["datasets"]["shapes"]
        config["datasets"]["own"] = {
            **{key: value for key, value in shapes.items() if key != "draw_seed"},
            "archive": {"path": "images.tar.gz", "sha256": digest},
            "regions": "via_export_csv (1).csv",
            **settings,
        }
        config["dataset"] = "own"
        (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
        write_csv(workflow.folder / "via_export_csv (1).csv", regions, images)
        return workflow

    return give


@pytest.fixture
def names(finished_workflow):
    """The names of the first test images of classes that differ from the one before."""
    images = read_export(finished_workflow.folder / "results/shapes/regions.csv").images
    first, *others = images
    return first, next(name for name in others if name.split("_")[2] != first.split("_")[2])


def rect(filename, row, **attributes):
    geometry = {key: value for key, value in RECT.items() if key != "name"}
    return Region(filename, "rect", geometry, attributes, row, row)


def test_regions_left_out_are_told_with_counts_before_anything_trains(own, names):
    cat, dog = (name.split("_")[2].removesuffix(".png") for name in names)
    regions = [
        rect(names[0], 0, **{"class": cat}),
        rect(names[0], 1, **{"class": dog}),
        rect(names[0], 2),
        rect("holiday.png", 3, **{"class": cat}),
    ]
    workflow = own(regions, images=names)

    output = workflow.run().output

    told = output.partition("rule train:")[0]
    assert "via_export_csv (1).csv: used: 2 of 4 regions, on 1 image" in told
    assert f"labelled '{dog}', but the image's class is '{cat}'; region left out" in told
    assert "holiday.png: the file name is not that of a test image" in told
    assert "no 'class' is chosen; assumed to be its image's" in told
    assert f"without a used region: 1 of the 2 images that the file names ({names[1]})" in told
    log = (workflow.folder / "logs/own/import_regions.log").read_text()
    assert "used: 2 of 4 regions" in log
    report = (workflow.folder / "results/own/report.md").read_text()
    assert "Regions that were left out, clipped, or assumed to have their image's class:" in report


def test_an_export_without_any_usable_region_is_refused(own, names):
    workflow = own([rect("holiday.png", 0, **{"class": "cat"})], images=names)

    result = workflow.run("results/own/regions.csv", check=False)

    assert result.returncode != 0
    assert "holds no region that belongs to a test image" in result.output
    assert "holiday.png: the file name is not that of a test image" in result.output
    assert "results/own/annotate/ (datasets.own.annotate_images says how many" in result.output
    assert "or set datasets.own.regions to null." in result.output


def test_strict_reading_takes_what_loses_nothing(own, names):
    """Even the export of the kit itself has undefined attributes and empty images."""
    workflow = own([], strict_regions=True)
    export = workflow.folder / "via_export_csv (1).csv"
    shape = json.dumps(RECT).replace('"', '""')
    row = f'{names[0]},-1,"{{}}",1,0,"{shape}"'
    export.write_text(f'{export.read_text()}{row},"{{""class"":undefined}}"\n')
    assert "used: 1 of 1 regions" in workflow.run("results/own/regions.csv").output

    export.write_text(export.read_text().replace("undefined", "undefind"))
    result = workflow.run("results/own/regions.csv", check=False)
    assert result.returncode != 0
    assert f"row 2 ('{names[0]}'): broken JSON" in result.output
