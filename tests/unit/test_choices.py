"""What a config may choose by name comes from the code that defines it."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from resnetcam.common.options import from_settings, option
from resnetcam.common.registry import Registry
from resnetcam.explain.method import METHODS
from resnetcam.recipe.optimizer import OPTIMIZERS
from resnetcam.recipe.recipe import Affine, Augmentation, Erase, Recipe
from resnetcam.recipe.resizing import Resizing
from resnetcam.recipe.schedule import SCHEDULES
from resnetcam.settings.choices import choices_as_schema
from resnetcam.settings.config import load_config
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
SCHEMA = read_schema(SCHEMAS)


def test_the_schema_in_the_repository_is_what_the_registries_say():
    """If not, `make schema` writes it."""
    assert (SCHEMAS / "choices.schema.yaml").read_text() == choices_as_schema()


@pytest.mark.parametrize(
    ("path", "cls"),
    [
        ((), Recipe),
        (("augmentation",), Augmentation),
        (("augmentation", "affine"), Affine),
        (("augmentation", "erase"), Erase),
        (("progressive_resizing", "items"), Resizing),
    ],
)
def test_a_recipe_has_a_field_for_each_key_of_its_schema(path, cls):
    schema = SCHEMA["$defs"]["recipe"]
    for key in path:
        schema = schema["items"] if key == "items" else schema["properties"][key]
        schema = SCHEMA["$defs"][key] if "$ref" in schema else schema

    assert [field.name for field in dataclasses.fields(cls)] == list(schema["properties"])


def test_every_recipe_of_the_shipped_config_is_one():
    config = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()), SCHEMA)

    for settings in config["recipes"].values():
        recipe = Recipe.from_settings(settings)
        assert recipe.epochs == settings["epochs"]
        assert type(recipe.optimizer) is OPTIMIZERS[settings["optimizer"]["name"]]
        assert type(recipe.schedule) is SCHEDULES[settings["schedule"]["name"]]
        hash(recipe)  # nothing in it can change
    drops = Recipe.from_settings(config["recipes"]["published"]).schedule.drops
    assert [(drop.from_epoch, drop.factor) for drop in drops] == [(31, 0.1), (41, 0.001)]


def test_the_names_of_members_are_those_of_their_modules():
    assert "gradcam++" in METHODS
    assert METHODS["gradcam++"].title == "Grad-CAM++"
    assert "gradcam_plus_plus" not in METHODS
    with pytest.raises(KeyError):
        METHODS["scorecam"]


def test_a_new_file_is_a_new_member_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/__init__.py").write_text("")
    (tmp_path / "lab/first.py").write_text("MEMBER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert dict(Registry("lab", "MEMBER")) == {"first": 1}

    (tmp_path / "lab/second_plus.py").write_text("MEMBER = 2\n")
    assert dict(Registry("lab", "MEMBER")) == {"first": 1, "second+": 2}


@dataclasses.dataclass(frozen=True)
class _Inner:
    x: int = option(minimum=0)


@dataclasses.dataclass(frozen=True)
class _Outer:
    many: tuple[_Inner, ...]
    maybe: _Inner | None
    pair: tuple[float, float] = option((0.0, 1.0))


def test_settings_become_objects_all_the_way_down():
    settings = {"name": "outer", "many": [{"x": 1}, {"x": 2}], "maybe": None, "pair": [0.5, 2.0]}

    assert from_settings(_Outer, settings) == _Outer((_Inner(1), _Inner(2)), None, (0.5, 2.0))
    assert from_settings(_Outer, {"many": [], "maybe": {"x": 3}}) == _Outer((), _Inner(3))
