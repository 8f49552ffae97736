import copy
from pathlib import Path

import pytest
import yaml

from resnetcam.common.errors import InputError
from resnetcam.settings.config import load_config
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = read_schema(ROOT / "schemas")

GRID = """
models: [resnet20v1, resnet20v2]
recipes: [demo, fast]
overrides:
  schedule.peak: [0.02, 5.0e-2]
  augmentation.erase: {none: null, small: {probability: 0.5, area: [0.02, 0.1]}}
seeds: [1, 2]
"""


def loaded(sweep, listed=("rates",), **experiments):
    config = copy.deepcopy(CONFIG)
    config["sweeps"] = {"rates": sweep}
    config["experiments"] |= experiments
    config["datasets"]["shapes"]["experiments"] = list(listed)
    return load_config(config, SCHEMA)


def grid(**changes):

    return yaml.safe_load(GRID) | changes


def names(config):
    return config["datasets"]["shapes"]["experiments"]


def test_a_sweep_is_the_product_of_its_lists_with_readable_names():
    config = loaded(grid())

    assert len(names(config)) == 2 * 2 * 2 * 2
    assert names(config)[:3] == [
        "rates-resnet20v1-demo-erase_none-peak_0.02",
        "rates-resnet20v1-demo-erase_none-peak_0.05",
        "rates-resnet20v1-demo-erase_small-peak_0.02",
    ]
    one = config["experiments"]["rates-resnet20v2-fast-erase_small-peak_0.05"]
    assert (one["model"], one["recipe"], one["seeds"]) == ("resnet20v2", "fast", [1, 2])
    assert one["recipe_settings"]["schedule"]["peak"] == 0.05
    assert one["overrides"] == {"augmentation.erase": "small", "schedule.peak": 0.05}
    assert one["recipe_settings"]["augmentation"]["erase"]["area"] == [0.02, 0.1]
    assert one["recipe_settings"]["augmentation"]["erase"]["aspect"][0] == 0.3
    expected = config["recipes"]["fast"]
    assert one["recipe_settings"]["optimizer"] == expected["optimizer"]


def test_a_value_more_leaves_every_other_experiment_as_it_was():
    small, large = grid(), grid(models=["resnet29v2", "resnet20v1", "resnet20v2"])
    large["overrides"]["schedule.peak"] = [0.3, 0.02, 0.05]

    before, after = (loaded(sweep)["experiments"] for sweep in (small, large))

    assert {name: after[name] for name in before} == before
    assert len(after) - len(before) == 3 * 2 * 3 * 2 - 16


@pytest.mark.parametrize("peak", ["0.05", "5.0e-2", "0.0500"])
def test_one_number_has_one_name_however_it_is_written(peak):
    config = loaded(grid(overrides={"schedule.peak": [yaml.safe_load(peak)]}))

    assert names(config)[0] == "rates-resnet20v1-demo-peak_0.05"


def test_whole_numbers_of_a_number_key_are_named_without_a_point():
    config = loaded(grid(overrides={"weight_decay": [0, 0.5], "epochs": [3]}))

    assert names(config)[:2] == [
        "rates-resnet20v1-demo-epochs_3-weight_decay_0",
        "rates-resnet20v1-demo-epochs_3-weight_decay_0.5",
    ]


def test_only_experiments_listed_by_name_are_looked_at_one_by_one():
    one = "rates-resnet20v1-demo-peak_0.02"
    sweep = grid(overrides={"schedule.peak": [0.02, 0.05]})

    assert loaded(sweep)["datasets"]["shapes"]["detailed"] == []
    config = loaded(sweep, ("demo", one, "rates"))
    assert config["datasets"]["shapes"]["detailed"] == ["demo", one]
    assert len(names(config)) == 1 + 8
    assert config["datasets"]["shapes"]["explained"] == ["demo", one]


def test_members_of_an_explained_sweep_get_reports_of_their_own():
    config = loaded(grid(explain=True), ("demo", "rates"))

    assert config["datasets"]["shapes"]["explained"] == names(config)
    assert config["datasets"]["shapes"]["detailed"] == ["demo"]


def test_an_experiment_may_differ_from_its_recipe():
    longer = {"model": "resnet20v1", "recipe": "demo", "seeds": [1], "overrides": {"epochs": 9}}

    config = loaded(grid(), ("longer",), longer=longer)

    settings = config["experiments"]["longer"]["recipe_settings"]
    assert settings == config["recipes"]["demo"] | {"epochs": 9}


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"models": ["resnet29"]}, ["sweeps.rates.models.0", "did you mean 'resnet29v2'?"]),
        ({"recipes": ["fats"]}, ["sweeps.rates.recipes.0", "did you mean 'fast'?"]),
        ({"seeds": []}, ["sweeps.rates.seeds", "at least 1 entries"]),
        ({"moddels": []}, ["sweeps.rates", "did you mean 'models'?"]),
        (
            {"overrides": {"schedule.peek": [1]}},
            ["sweeps.rates.overrides", "recipe demo", "schedule", "did you mean 'peak'?"],
        ),
        (
            {"overrides": {"schedule.peak": [0.1, -0.1]}},
            ["sweeps.rates.overrides", "schedule.peak: -0.1 is not allowed", "above 0"],
        ),
        ({"overrides": {"schedule.peak": ["1e-3"]}}, ["YAML reads this as text; write 0.001"]),
        ({"overrides": {"schedule.peak": []}}, ["overrides.schedule.peak", "at least 1 entries"]),
        ({"overrides": {"schedule.peak": 0.1}}, ["overrides.schedule.peak", "list, such as [0.1]"]),
        (
            {"overrides": {"augmentation.affine.zoom": [0.1]}},
            ["overrides.augmentation.affine.zoom", "no section 'augmentation.affine'"],
        ),
        (
            {"overrides": {"augmentation.erase": [None]}},
            ["overrides.augmentation.erase.0", "has no short name"],
        ),
        (
            {"overrides": {"augmentation.erase": {False: None}}},
            ["False is not allowed", "in quotes"],
        ),
        (
            {"overrides": {"augmentation.erase": {"odd name": None}}},
            ["'odd name' is not allowed", "must be a name of letters"],
        ),
        (
            {"overrides": {"augmentation.erase.value": [[1, 0]]}},
            ["has no short name"],
        ),
        (
            {"overrides": {"schedule.peak": {"one": 0.1}, "optimizer.momentum": {"x" * 200: 0.5}}},
            ["cannot be the name of a folder"],
        ),
        ({"overrides": {"schedule.peak": [0.1, 1.0e-1]}}, ["0.1 is listed twice"]),
    ],
)
def test_what_is_wrong_with_a_sweep_is_said_in_one_line(change, parts):
    with pytest.raises(InputError) as info:
        loaded(grid(**change))

    message = str(info.value)
    assert all(part in message for part in parts), message


def test_two_experiments_of_one_name_are_refused():
    config = copy.deepcopy(CONFIG)
    config["models"]["resnet20v1-demo"] = config["models"]["resnet20v2"]
    config["recipes"]["demo-demo"] = config["recipes"]["fast"]
    models, recipes = ["resnet20v1", "resnet20v1-demo"], ["demo", "demo-demo"]
    config["sweeps"] = {"rates": {"models": models, "recipes": recipes, "seeds": [1]}}
    with pytest.raises(InputError, match="two of its experiments would be called"):
        load_config(config, SCHEMA)
    taken = {"model": "resnet20v1", "recipe": "demo", "seeds": [1]}
    with pytest.raises(InputError, match="another experiment is called"):
        loaded(grid(overrides={}), **{"rates-resnet20v1-demo": taken})
    with pytest.raises(InputError, match="an experiment has this name too"):
        loaded(grid(), rates=taken)


def test_reversed_intervals_are_found_in_overrides_too():
    erase = {"boxes": {"probability": 0.1, "area": [0.4, 0.2]}}
    with pytest.raises(InputError, match=r"erase.area: \[0.4, 0.2\] is not allowed"):
        loaded(grid(overrides={"augmentation.erase": erase}))


def test_a_dataset_names_a_sweep_or_an_experiment():
    with pytest.raises(InputError, match=r"no experiment or sweep 'rate'.*did you mean 'rates'"):
        loaded(grid(), ("rate",))
