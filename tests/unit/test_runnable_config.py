"""The config in a report makes the same settings again, over the shipped one."""

from pathlib import Path

import pytest
import yaml

from resnetcam.common.yaml_file import read_yaml
from resnetcam.settings.catalogue import Catalogue
from resnetcam.settings.config import load_config
from resnetcam.settings.merging import laid_over
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema(ROOT / "schemas")
SHIPPED = read_yaml(ROOT / "config.yaml")
OTHERS = {
    "precision": "float32",
    "datasets": {
        "shapes": {"experiments": ["rates", "mine", "rates-resnet20v1-demo-peak_0.02"]},
        "pets": {"folder": "/data/pets", "side": 64, "experiments": ["small"]},
    },
    "experiments": {
        "mine": {
            "model": "resnet20v2",
            "recipe": "demo",
            "protocol": "full",
            "seeds": [3],
            "overrides": {"schedule.peak": 0.01},
        }
    },
}


@pytest.mark.parametrize("dataset", [*SHIPPED["datasets"], "pets"])
@pytest.mark.parametrize("others", [{}, OTHERS])
def test_it_gives_the_same_settings_again(dataset, others):
    if dataset == "pets":
        others = OTHERS
    settings = load_config(laid_over(SHIPPED, others), SCHEMA)
    experiments = settings["datasets"][dataset]["experiments"]

    text = Catalogue(settings).runnable(dataset, experiments)

    again = load_config(laid_over(SHIPPED, yaml.safe_load(text)), SCHEMA)
    assert again["datasets"][dataset] == settings["datasets"][dataset]
    assert {key: again[key] for key in ("backend", "precision", "report")} == {
        key: settings[key] for key in ("backend", "precision", "report")
    }
    assert again["dataset"] == dataset
    for name in experiments:
        assert again["experiments"][name] == settings["experiments"][name]
        model = settings["experiments"][name]["model"]
        assert again["models"][model] == settings["models"][model]


def test_it_holds_nothing_that_another_experiment_needs():
    settings = load_config(laid_over(SHIPPED, OTHERS), SCHEMA)
    written = yaml.safe_load(Catalogue(settings).runnable("cifar10", ["fast"]))
    assert list(written["datasets"]) == ["cifar10"]
    assert [list(written[key]) for key in ("experiments", "models", "recipes")] == [
        ["fast"],
        ["resnet20v1"],
        ["fast"],
    ]
    assert "sweeps" not in written and "state" not in written and "device" not in written


def test_one_member_of_a_sweep_is_listed_by_its_own_name():
    settings = load_config(laid_over(SHIPPED, OTHERS), SCHEMA)
    name = "rates-resnet20v1-demo-peak_0.02"
    written = yaml.safe_load(Catalogue(settings).runnable("shapes", [name]))
    assert written["datasets"]["shapes"]["experiments"] == [name]
    assert list(written["sweeps"]) == ["rates"] and "experiments" not in written
    again = load_config(laid_over(SHIPPED, written), SCHEMA)
    assert again["experiments"][name] == settings["experiments"][name]
