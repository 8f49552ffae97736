"""What rules ask the config for."""

import copy
from pathlib import Path

import pytest
import yaml

from resnetcam.common.errors import InputError
from resnetcam.settings.catalogue import Catalogue, names_below
from resnetcam.settings.config import load_config
from resnetcam.settings.schema import read_schema
from resnetcam.sources.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = read_schema(ROOT / "schemas")


@pytest.fixture
def catalogue():
    """Returns a function: the catalogue of the shipped config, one dataset's keys changed."""

    def make(dataset="shapes", **changes):
        config = copy.deepcopy(CONFIG)
        config["datasets"][dataset] |= changes
        return Catalogue(load_config(config, SCHEMA))

    return make


def test_names_that_are_not_there_are_told_with_the_nearest(catalogue):
    known = catalogue()
    with pytest.raises(InputError, match=r"no dataset 'shaeps' \(did you mean 'shapes'\?\)"):
        known.dataset("shaeps")
    with pytest.raises(InputError, match=r"no experiment 'fsat' \(did you mean 'fast'\?\)"):
        known.experiment("fsat")
    with pytest.raises(InputError, match=r"no annotations called 'region' \(did you mean 'reg"):
        known.export("shapes", "region")
    with pytest.raises(InputError, match=r"no experiment 'x'"):
        known.refuse("x", "modell.keras", ["model.keras"])
    with pytest.raises(InputError, match=r"no file 'modell.keras' \(did you mean 'model.keras'"):
        known.refuse("fast", "modell.keras", ["model.keras"])


def test_runs_stand_in_the_order_of_experiments_and_seeds(catalogue):
    known = catalogue(experiments=["rates", "demo"])
    runs = known.runs("shapes")
    assert len(runs) == 8
    assert runs[0] == "results/shapes/rates-resnet20v1-demo-peak_0.02/seed1"
    assert runs[-1] == "results/shapes/demo/seed2"
    assert known.detailed("shapes") == ["demo"]
    assert known.detailed("shapes", "rates-x") == ["rates-x"]
    first, last = known.priority("shapes", runs[0].split("/")[2]), known.priority("shapes", "demo")
    assert first > last > known.priority("shapes", "published") == 0
    assert len(known.compared("shapes")) == 4 * 8
    assert all(path.startswith("results/shapes/demo/") for path in known.shown("shapes", ["demo"]))


def test_a_plan_holds_all_that_a_training_depends_on_in_the_config(catalogue):
    plan = catalogue().plan("demo", "7")
    assert plan["seed"] == 7
    assert plan["model"] == {"family": "resnet_v1", "depth": 20}
    assert plan["recipe"]["epochs"] == 6
    assert plan["protocol"] == "holdout"
    assert set(plan) == {"model", "recipe", "protocol", "seed"}


def test_targets_are_reports_summaries_and_what_one_draws_on(catalogue):
    targets = catalogue(annotate_images=2).targets("shapes")
    assert targets == [
        *(f"results/shapes/report.{kind}" for kind in ("md", "html")),
        "results/shapes/explorer.html",
        *(f"results/shapes/demo/seed{seed}/README.md" for seed in (1, 2)),
        "results/shapes/annotations/regions.png",
        "results/shapes/annotations/example_annotations.png",
        "results/shapes/annotate/README.txt",
    ]
    assert "results/shapes/annotate/README.txt" not in catalogue().targets("shapes")


def test_images_of_the_experiments_that_are_named_can_be_looked_through(catalogue):
    known = catalogue(experiments=["rates", "demo"])
    assert known.explored("shapes") == ["demo"]

    assert known.is_explored("shapes") and known.is_explored("shapes", "demo")
    assert not known.is_explored("shapes", "strong"), "it is none of the data set's"
    assert not known.is_explored("shapes", "rates-resnet20v1-demo-peak_0.02"), "a sweep's"

    sweep_alone = catalogue(experiments=["rates"])
    assert not sweep_alone.is_explored("shapes")
    assert "results/shapes/explorer.html" not in sweep_alone.targets("shapes")
    with pytest.raises(InputError, match=r"no explorer\.html: its experiments are members of sw"):
        sweep_alone.explored("shapes")


def test_regions_come_from_a_person_or_from_the_drawing_or_are_not_known(catalogue):
    known = catalogue()
    assert (known.drawn, known.archived, known.annotated) == (["shapes"], sorted(LAYOUTS), [])
    assert known.export("shapes", "regions") == "results/shapes/regions.csv"
    assert "results/shapes/demo/seed1/localisation.json" in known.shown("shapes", ["demo"])
    assert not known.has_regions("cifar10")
    assert not any("localisation" in path for path in known.shown("cifar10", ["fast"]))

    known = catalogue("cifar10", regions="mine.json", annotations=["a/b.csv"])
    assert known.exports("cifar10") == {"regions": "mine.json", "b": "a/b.csv"}
    assert known.has_regions("cifar10")


def test_named_classes_get_a_figure_of_their_own(catalogue):
    figure = "results/shapes/demo/seed1/figures/gradcam_classes.png"
    assert figure not in catalogue().shown("shapes", ["demo"])
    with pytest.raises(InputError, match="names no class beside `predicted` and `true`"):
        catalogue().other_classes("shapes")
    known = catalogue(gradcam={"classes": ["predicted", "ring"]})
    assert figure in known.shown("shapes", ["demo"])
    assert known.other_classes("shapes") == ["ring"]


def test_a_report_shows_labels_to_look_at_once_an_experiment(catalogue):
    known = catalogue(experiments=["demo", "rates"])
    assert len(known.runs("shapes", ["demo", "rates-resnet20v1-demo-peak_0.02"])) == 4
    shown = known.shown("shapes", ["demo", "rates-resnet20v1-demo-peak_0.02"])
    found = [path for path in shown if "label_candidates" in path]
    assert found == [
        f"results/shapes/{name}/label_candidates.{kind}"
        for name in ("demo", "rates-resnet20v1-demo-peak_0.02")
        for kind in ("csv", "json", "png", "svg")
    ]


def test_choices_of_classes_have_files_of_their_own(catalogue):
    files = {
        catalogue(gradcam={"classes": classes}).class_choices("shapes")
        for classes in (["predicted", "true"], ["predicted", "ring"], ["predicted", "rnig"])
    }
    assert len(files) == 3
    assert catalogue().class_choices("shapes") in files


def test_files_behind_a_report_are_none_that_it_reads(catalogue):
    known = catalogue()
    behind = known.behind_report("shapes", ["demo"])
    assert "results/shapes/demo/seed1/gradcam.h5" in behind
    assert "results/shapes/data.h5" in behind
    assert not set(behind) & set(known.shown("shapes", ["demo"]))


def test_names_below_a_part_of_a_path():
    paths = ["a/seed{seed}/x.png", "a/seed{seed}/figures/y.png", "b/x", "c/seed{seed}/x.png"]
    assert names_below("/seed{seed}/", paths) == ["figures/y.png", "x.png"]


def test_corrupted_images_are_measured_unless_none_are_asked_for(catalogue):
    known = catalogue()
    assert known.corrupted_images("shapes") == 100
    assert known.corrupted_images("cifar10") == 500
    run = "results/shapes/demo/seed1"
    shown = known.shown("shapes", ["demo"])
    assert {f"{run}/{name}" for name in ("shift.json", "shift.csv", "figures/shift.png")} < {*shown}
    assert f"{run}/shift.h5" in known.behind_report("shapes", ["demo"])

    without = catalogue(shift={"images": 0})
    assert not any("shift" in path for path in without.shown("shapes", ["demo"]))
    assert f"{run}/shift.h5" not in without.behind_report("shapes", ["demo"])
    with pytest.raises(InputError, match=r"shapes has no corrupted images: its shift.images is 0"):
        without.corrupted_images("shapes")


def test_further_test_sets_are_known_by_name(catalogue):
    known = catalogue(test_sets={"v6": "/data/v6_data.npy", "sketches": "sketches"})
    files = [f"results/shapes/test_sets/{name}.h5" for name in ("sketches", "v6")]
    assert known.test_sets("shapes") == files
    assert known.test_set("shapes", "v6") == "/data/v6_data.npy"
    assert "results/shapes/demo/seed1/test_sets.json" in known.shown("shapes", ["demo"])
    assert {*files} < {*known.behind_report("shapes", ["demo"])}
    with pytest.raises(
        InputError, match=r"no test set of shapes 'sketchs' \(did you mean 'sketches'"
    ):
        known.test_set("shapes", "sketchs")

    without = catalogue()
    assert "results/shapes/demo/seed1/test_sets.json" not in without.shown("shapes", ["demo"])
    with pytest.raises(InputError, match=r"shapes has no further test sets\. Name some"):
        without.test_sets("shapes")
