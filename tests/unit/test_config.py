import contextlib
import copy
from datetime import date
from pathlib import Path

import pytest
import yaml

from resnetcam.common.errors import InputError
from resnetcam.settings.config import load_config
from resnetcam.settings.files import check_files, found_file, missing_file
from resnetcam.settings.merging import laid_over
from resnetcam.settings.schema import read_schema
from resnetcam.sources.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = read_schema(ROOT / "schemas")


def changed(key, value):
    """The shipped config with one key, given as a dotted path, set to a value."""
    config = copy.deepcopy(CONFIG)
    *parents, last = key.split(".")
    section = config
    for name in parents:
        section = section[int(name) if isinstance(section, list) else name]
    section[last] = value
    return config


def objects_in(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object" or "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects_in(part)


def test_the_published_recipe_is_that_of_the_published_run():
    """All but the schedule, which is held against the run's log (test_schedules)."""
    recipe = copy.deepcopy(CONFIG["recipes"]["published"])
    del recipe["schedule"]
    assert recipe == {
        "epochs": 50,
        "batch_size": 32,
        "optimizer": {"name": "rmsprop", "rho": 0.9, "epsilon": 1e-14},
        "weight_decay": 2e-4,
        "decayed_kernels": "convolutions",
        "label_smoothing": 0.0,
        "batch_norm_momentum": 0.99,
        "select": "best",
        "augmentation": {
            "subtract_mean": "before",
            "flip": "random",
            "affine": {"rotation": 10, "shift": 0.1, "zoom": 0.1},
            "erase": {
                "probability": 0.1,
                "area": [0.02, 0.4],
                "aspect": [0.3, pytest.approx(1 / 0.3)],
                "value": [0, 1],
            },
        },
    }
    experiment = CONFIG["experiments"]["published"]
    assert (experiment["model"], experiment["protocol"]) == ("resnet20v1", "test_selected")


def test_the_shipped_config_is_right():
    config = load_config(CONFIG, SCHEMA)

    assert config["datasets"]["cifar10"]["experiments"] == ["fast", "published"]
    assert config["datasets"]["shapes"]["regions"] is None


@pytest.mark.parametrize(("name", "layout"), LAYOUTS.items())
def test_what_a_known_archive_does_not_say_is_that_of_the_official_one(name, layout):
    dataset = load_config(CONFIG, SCHEMA)["datasets"][name]
    archive = dataset["archive"]
    assert archive["layout"] == name
    assert (archive["urls"], archive["sha256"]) == (list(layout.urls), layout.sha256)
    numbers = [dataset[key] for key in ("train_images", "test_images", "side")]
    assert numbers == [layout.train_images, layout.test_images, layout.side]
    own = {"archive": {"layout": name, "urls": ["https://example.org/a"]}, "experiments": ["fast"]}
    own |= {"train_images": 70, "test_images": 8}
    dataset = load_config(changed("datasets.own", own), SCHEMA)["datasets"]["own"]
    assert dataset["archive"]["urls"] == ["https://example.org/a"]
    assert (dataset["train_images"], dataset["test_images"]) == (70, 8)


def test_another_official_packing_is_not_downloaded_but_its_numbers_are_known():
    _, sha256 = LAYOUTS["cifar100"].archives
    archive = {"layout": "cifar100", "sha256": sha256, "path": "/data/a.tar.gz"}
    own = {"archive": archive, "experiments": ["fast"]}
    dataset = load_config(changed("datasets.own", own), SCHEMA)["datasets"]["own"]
    assert (dataset["train_images"], dataset["archive"]["urls"]) == (50000, [])
    del archive["path"]
    with pytest.raises(InputError, match="needs `urls`"):
        load_config(changed("datasets.own", own), SCHEMA)


def test_the_schema_knows_the_layouts():
    assert SCHEMA["$defs"]["archive"]["properties"]["layout"]["enum"] == list(LAYOUTS)


def test_every_object_of_the_schema_refuses_unknown_keys():
    for part in objects_in(SCHEMA):
        chosen_by_name = "oneOf" in part and all("title" in form for form in part["oneOf"])
        assert chosen_by_name or "additionalProperties" in part, part


ARCHIVE = {"sha256": "0" * 64, "urls": ["https://example.org/a"]}
MINE = {"folder": "/x", "side": 64, "experiments": ["fast"]}
EXPERIMENT = {"model": "resnet20v1", "recipe": "fast", "protocol": "holdout", "seeds": [1]}


@pytest.mark.parametrize(
    ("key", "value", "parts"),
    [
        ("recipes.fast.epohcs", 3, ["recipes.fast", "'epohcs'", "did you mean 'epochs'?"]),
        ("devcie", "cpu", ["config", "'devcie'", "did you mean 'device'?"]),
        ("datasets.cifar10.archive.url", "x", ["datasets.cifar10.archive", "'url'", "'urls'"]),
        ("recipes.fast.progressive_resizing", [{"scale": 1, "share": 0.5}], ["scale", "below 1"]),
        ("recipes.fast.progressive_resizing", [{"scale": 0.75, "share": 1}], ["share", "below 1"]),
        (
            "recipes.fast.progressive_resizing",
            [{"scale": 0.5, "share": 0.5}, {"scale": 0.75, "share": 0.5}],
            ["shares", "below 1"],
        ),
        (
            "recipes.fast.progressive_resizing",
            [{"scale": 0.5, "share": share} for share in (0.7, 0.2, 0.1)],
            ["0.7, 0.2, 0.1 make 1;", "below 1"],
        ),
        ("datasets.cifar10.archive.path", "", ["must not be empty"]),
        ("datasets.shapes.archive", ARCHIVE, ["one of the keys archive, draw_seed, folder, table"]),
        ("datasets.mine", {"folder": "/x", "experiments": ["fast"]}, ["the key 'side' is missing"]),
        ("datasets.mine", {"side": 64, "experiments": ["fast"]}, ["exactly one of the keys"]),
        ("datasets.mine", MINE | {"side": 15}, ["datasets.mine.side", "at least 16"]),
        ("datasets.mine", MINE | {"fit": "corp"}, ["mine.fit", "did you mean 'crop'?"]),
        ("datasets.mine", MINE | {"train_images": 5}, ["mine.train_images", "are counted"]),
        ("datasets.mine", MINE | {"test_images": 2.5}, ["mine.test_images", "2.5 is neither"]),
        ("datasets.mine", MINE | {"validation_images": 0}, ["validation_images", "above 0"]),
        ("datasets.cifar10.test_images", 0.2, ["cifar10.test_images", "must be a number"]),
        ("datasets.shapes.side", 64, ["shapes.side", "leave this key out"]),
        ("experiments.fast.recipe", "fats", ["experiments.fast.recipe", "'fats'", "'fast'"]),
        ("experiments.fast.model", "resnet", ["experiments.fast.model", "Known: resnet20v1"]),
        ("datasets.cifar10.experiments", ["quick"], ["cifar10.experiments.0", "'quick'"]),
        ("experiments.fast.overrides", {"augmentation": {"flip": "none", False: 1}}, ["False"]),
        ("experiments.annotations", EXPERIMENT, ["experiments.annotations", "another name"]),
        ("experiments.fast\n", EXPERIMENT, ["experiments", "'fast\\n'", "a name of letters"]),
        ("datasets.cifar10.archive.sha256", "0" * 64 + "\n", ["archive.sha256", "64 hex digits"]),
        ("models.resnet20v1.depth", 20 * 10**9, ["models.resnet20v1.depth", "at most 2000"]),
        ("dataset", "cifar", ["dataset", "'cifar'", "did you mean 'cifar10'?"]),
        ("experiments.fast.seeds", [3, 3], ["experiments.fast.seeds", "3 is listed twice"]),
        ("experiments.fast.seeds", [], ["experiments.fast.seeds", "at least 1"]),
        ("experiments.fast.seeds", [-1], ["experiments.fast.seeds.0", "at least 0"]),
        ("models.resnet20v1.depth", 21, ["models.resnet20v1.depth", "21", "20 and 26"]),
        ("models.resnet20v2.depth", 10, ["models.resnet20v2.depth", "10", "11 and 20"]),
        ("recipes.fast.epochs", 0, ["recipes.fast.epochs", "0", "at least 1"]),
        ("recipes.fast.epochs", 2.5, ["recipes.fast.epochs", "2.5", "whole number"]),
        ("recipes.fast.schedule.peak", "1e-3", ["schedule.peak", "'1e-3'", "write 0.001"]),
        ("recipes.fast.optimizer.epsilon", "1e-9", ["recipes.fast.optimizer", "'epsilon'"]),
        ("recipes.published.optimizer.epsilon", "1e-9", ["epsilon", "write 1.0e-09"]),
        ("recipes.fast.weight_decay", float("nan"), ["recipes.fast.weight_decay", "finite"]),
        ("recipes.published.augmentation.erase.area", [0.5, 4], ["erase.area", "at most 1"]),
        ("recipes.published.augmentation.erase.aspect", [-1, 1], ["erase.aspect", "above 0"]),
        ("experiments.fast.seeds", 1, ["experiments.fast.seeds", "list, such as [1]"]),
        ("datasets.shapes.regions", "mine.csv", ["datasets.shapes.regions", "known"]),
        ("gradcam.layers", ["block3"], ["gradcam.layers", "'block3'"]),
        ("report.colormap", "infrno", ["report.colormap", "did you mean 'inferno'?"]),
        ("recipes.fast.optimizer.name", "adam", ["optimizer.name", "'adam'", "muon, rmsprop, sgd"]),
        ("recipes.fast.optimizer.rho", 0.9, ["recipes.fast.optimizer", "'rho'", "momentum"]),
        ("recipes.fast.select", "bset", ["recipes.fast.select", "did you mean 'best'?"]),
        ("datasets.shapes.validation_images", 3, ["shapes.validation_images", "class empty"]),
        ("datasets.shapes.validation_images", 3000, ["shapes.validation_images", "train on"]),
        ("datasets.shapes.train_images", 3001, ["shapes.train_images", "multiple of 5"]),
        ("datasets.shapes.archive", {"sha256": "0" * 64}, ["exactly one", "draw_seed"]),
        ("datasets.cifar10.archive.sha256", "abc", ["archive.sha256", "'abc'"]),
        ("datasets.cifar10.archive.urls", [], ["cifar10.archive", "`urls`", "`path`"]),
        ("datasets.mnist.archive.layout", "minst", ["archive.layout", "did you mean 'mnist'?"]),
        ("datasets.mnist.archive", {"layout": "mnist", **ARCHIVE}, ["'train_images' and 'test_im"]),
        ("datasets.mnist.side", 64, ["datasets.mnist.side", "images of files"]),
        ("gradcam.methods", ["eigencam", "gradcam"], ["eigencam cannot stand first", "cifar10"]),
        ("shift.images", -1, ["shift.images", "-1", "at least 0"]),
        ("shift.image", 10, ["shift", "did you mean 'images'?"]),
        ("datasets.shapes.test_sets", {"v 6": "x"}, ["shapes.test_sets", "'v 6'"]),
        ("datasets.shapes.test_sets", {"v6": 6}, ["shapes.test_sets.v6", "6"]),
        ("gradcam.methods", ["gradcm"], ["gradcam.methods.0", "did you mean 'gradcam'?"]),
        ("recipes.published.augmentation.erase.area", [0.4, 0.1], ["erase.area", "lower end"]),
        ("recipes", None, ["recipes", "section of keys"]),
        ("device", "tpu", ["device", "'tpu'", "auto, cpu, gpu"]),
        ("device", "GPU", ["device", "'GPU'", "did you mean 'gpu'?"]),
        ("datasets.shapes.annotations", "a.csv", ["annotations", "list, such as ['a.csv']"]),
        ("experiments.fast", {"seeds": [1]}, ["fast: the keys 'model', 'recipe' are"]),
        ("recipes.fast.epochs", "12", ["epochs", "quotes", "write 12 into a file for"]),
        ("datasets.cifar10.regions", "{x}.csv", ["cifar10.regions", "'{x}.csv'", "braces"]),
        ("datasets.cifar10.annotations", ["a/b (1).csv", "c/b (1).json"], ["annotations.1", "too"]),
        ("datasets.cifar10.annotations", ["a/regions.csv"], ["annotations.0", "dataset's own"]),
        ("datasets.cifar10.annotations", ["a\nb.csv"], ["annotations.0", "'a\\nb'", "rename"]),
        ("datasets.cifar10.annotations", ["a.csv", "{b}/c.csv"], ["annotations.1", "braces"]),
        ("recipes.fast.weight_decay", "inf", ["must be a number"]),
        ("recipes.fast.weight_decay", 10**400, ["recipes.fast.weight_decay", "finite"]),
        (
            "recipes.fast.optimizer",
            {"name": "sgd", "sgd_ratio": 3, "momentum": 0.9},
            ["no key 'sgd_ratio' here", "merged key by key", "overrides"],
        ),
        ("datasets.cifar10.archive.path", "", ["archive.path", "''"]),
        ("experiments.fast.overrides", {"epochs": date(2024, 1, 1)}, ["epochs", "whole number"]),
        (
            "recipes.published.augmentation.erase",
            {"probability": 1, "area": [1, 1], "aspect": [0.3, 0.5]},
            ["erase: no rectangle of area", "fits"],
        ),
        (
            "recipes.published.augmentation.erase",
            {"probability": 1, "area": [0.0001, 0.0009]},
            ["erase.area", "not one pixel"],
        ),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_allowed(key, value, parts):
    with pytest.raises(InputError) as error:
        load_config(changed(key, value), SCHEMA)

    message = str(error.value)
    assert all(part in message for part in parts), message
    assert message.count("\n") == 0, message


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (["stage3_block4_out"], "resnet20v1, the model of fast, has no layer 'stage3_block4_out'"),
        (["final_bn"], "no layer 'final_bn'"),
        (["stage1_block1_projection"], "no layer 'stage1_block1_projection'"),
        (["stage1_block1_bn3"], "(did you mean 'stage1_block1_bn2'?)"),
    ],
)
def test_a_layer_that_the_network_lacks_is_told_before_it_is_trained(layers, says):
    with pytest.raises(InputError) as error:
        load_config(changed("gradcam", {"layers": ["final", *layers]}), SCHEMA)
    assert str(error.value).startswith("gradcam.layers: ")
    assert says in str(error.value)
    with pytest.raises(InputError) as error:
        load_config(changed("datasets.cifar10.gradcam", {"layers": ["final", *layers]}), SCHEMA)
    assert str(error.value).startswith("datasets.cifar10.gradcam.layers: ")


def test_a_whole_number_is_the_same_however_it_is_written():
    numbers = [
        load_config(changed("datasets.cifar10.validation_images", one), SCHEMA)["datasets"]
        for one in (5000, 5000.0)
    ]
    assert [repr(one["cifar10"]["validation_images"]) for one in numbers] == ["5000", "5000"]
    share = load_config(changed("datasets.cifar10.validation_images", 0.1), SCHEMA)["datasets"]
    assert share["cifar10"]["validation_images"] == 0.1


BEST = {"model": "resnet20v1", "recipe": "published", "protocol": "full", "seeds": [1]}


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        ("experiments", BEST),
        ("experiments", BEST | {"recipe": "fast", "overrides": {"select": "best"}}),
        ("sweeps", {"overrides": {"epochs": [2, 3]}}),
        ("sweeps", {"recipes": ["fast"], "overrides": {"select": ["last", "best"]}}),
    ],
)
def test_a_best_epoch_where_nothing_chooses_is_told_before_anything_runs(section, changes):
    if section == "sweeps":
        sweep = {"models": ["resnet20v1"], "recipes": ["published"], "protocol": "full"}
        changes = sweep | {"seeds": [1]} | changes
    with pytest.raises(InputError) as error:
        load_config(changed(f"{section}.final", changes), SCHEMA)
    message = str(error.value)
    said = (f"{section}.final.protocol: 'full'", "`select: best`", "`select: last` is expected")
    assert all(part in message for part in said), message
    assert message.count("\n") == 0, message


def test_settings_that_keep_the_last_epoch_may_train_on_everything():
    last = load_config(changed("experiments.final", BEST | {"recipe": "strong"}), SCHEMA)
    changed_to_last = BEST | {"overrides": {"select": "last"}}
    overridden = load_config(changed("experiments.final", changed_to_last), SCHEMA)
    for config in (last, overridden):
        final = config["experiments"]["final"]
        assert (final["protocol"], final["recipe_settings"]["select"]) == ("full", "last")


def test_hints_are_given_only_where_they_help():
    with pytest.raises(InputError) as error:
        load_config(changed("datasets.cifar10.archive.sha256", "1234"), SCHEMA)
    assert "YAML" not in str(error.value)


@pytest.mark.parametrize("key", ["devcie", "recipes.fast.epohcs", "gradcam.layer"])
def test_of_merging_forms_only_a_form_speaks(key):
    with pytest.raises(InputError) as error:
        load_config(changed(key, "cpu"), SCHEMA)
    assert "merged" not in str(error.value)


def test_equal_overrides_come_out_equal_and_the_users_own_stay_as_they_are():
    schedule = {"name": "one_cycle", "peak": 0.1, "warmup": 0.2}
    plain = {"epochs": 20.0, "schedule": schedule, "schedule.peak": 0.2}
    config = changed("experiments.fast.overrides", plain)
    experiment = load_config(config, SCHEMA)["experiments"]["fast"]
    assert repr(experiment["overrides"]["epochs"]) == "20"
    assert experiment["overrides"]["schedule"]["peak"] == 0.2
    assert plain["schedule"]["peak"] == 0.1


def test_several_errors_are_told_at_once():
    config = changed("device", "tpu")
    config["recipes"]["fast"]["epochs"] = 0

    with pytest.raises(InputError, match=r"(?s)device.*recipes\.fast\.epochs"):
        load_config(config, SCHEMA)


def test_equal_settings_come_out_equal_however_they_were_written():
    rewritten = changed("recipes.fast.label_smoothing", 0)
    rewritten["recipes"]["published"]["augmentation"]["affine"]["rotation"] = 10.0
    rewritten["recipes"]["fast"] = dict(reversed(rewritten["recipes"]["fast"].items()))

    assert repr(load_config(rewritten, SCHEMA)) == repr(load_config(CONFIG, SCHEMA))


def test_defaults_are_filled_in_at_every_level():
    config = changed("recipes.fast.augmentation", {"erase": {"probability": 1}})
    del config["gradcam"]

    loaded = load_config(config, SCHEMA)

    assert loaded["gradcam"]["layers"] == ["final", "stage2", "stage1"]
    assert loaded["datasets"]["shapes"]["gradcam"]["steps"] == 16
    assert loaded["recipes"]["fast"]["augmentation"]["erase"]["area"] == [0.02, 0.4]
    assert loaded["recipes"]["fast"]["augmentation"]["flip"] == "none"


def test_what_a_dataset_says_of_corrupted_images_goes_before_the_rest():
    loaded = load_config(changed("shift.images", 70), SCHEMA)
    sections = {name: one["shift"] for name, one in loaded["datasets"].items()}
    assert sections["shapes"] == {"images": 100}
    assert sections["cifar10"] == sections["mnist"] == {"images": 70}
    config = changed("shift.images", 70)
    del config["shift"]
    assert load_config(config, SCHEMA)["datasets"]["cifar10"]["shift"] == {"images": 500}


def test_no_experiment_may_be_called_as_what_stands_beside_it():
    config = changed("experiments.test_sets", CONFIG["experiments"]["fast"])
    with pytest.raises(InputError, match=r"experiments.test_sets: .* is reserved"):
        load_config(config, SCHEMA)


def test_an_unquoted_true_means_the_true_class():
    loaded = load_config(changed("gradcam.classes", ["predicted", True]), SCHEMA)

    assert loaded["gradcam"]["classes"] == ["predicted", "true"]


LOG = (ROOT / "resources/published_history.csv").read_text().splitlines()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a,b", "1,2"], "is no log of a training: it has no column accuracy"),
        (LOG[:1], "is an empty log"),
        ([*LOG[:3], LOG[3].replace(",", ",x", 1)], "row 4: a number is expected"),
        ([*LOG[:3], "3,0.1"], "row 4: a number is expected"),
        ([*LOG[:3], LOG[3] + ",7"], "row 4: a number is expected"),
    ],
    ids=["other columns", "empty", "text", "short", "long"],
)
def test_a_published_log_that_is_none_is_told_before_the_start(tmp_path, lines, says):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as error:
        check_files(named(published_history=str(path)), "cifar10", ROOT)
    assert str(error.value).startswith(f"datasets.cifar10.published_history: {path}")
    assert says in str(error.value)


def named(**files):
    return {"cifar10": {"published_history": None, "regions": None, "annotations": []} | files}


@pytest.mark.parametrize("path", [None, ROOT / "resources/published_history.csv"])
def test_a_log_that_is_right_passes_and_so_does_none(path):
    check_files(named(published_history=path and str(path)), "cifar10", ROOT)


@pytest.mark.parametrize(
    ("key", "files"),
    [
        ("published_history", {"published_history": "resources/published_histroy.csv"}),
        ("regions", {"regions": "resources/published_histroy.csv"}),
        ("annotations.0", {"annotations": ["resources/published_histroy.csv"]}),
    ],
)
def test_a_file_that_is_not_there_is_named_with_the_nearest(monkeypatch, key, files):
    """To Snakemake a missing input of finished results hides whatever else has changed."""
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError) as error:
        check_files(named(**files), "cifar10", ROOT)
    assert str(error.value).startswith(f"datasets.cifar10.{key}: resources/published_histroy.csv")
    assert "did you mean 'published_history.csv'?" in str(error.value)


@pytest.mark.parametrize(("results", "refused"), [("results", True), ("mine/results", False)])
def test_regions_are_not_read_from_where_they_are_written(tmp_path, monkeypatch, results, refused):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "results/cifar10/regions.csv"
    own.parent.mkdir(parents=True)
    own.touch()
    problem = pytest.raises(InputError, match=r"cifar10.regions: \./results.* keep yours as")
    with problem if refused else contextlib.nullcontext():
        check_files(named(regions="./results/cifar10/regions.csv"), "cifar10", ROOT, results)


def test_a_relative_path_is_looked_for_here_first_and_then_in_the_workflows_folder(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    assert found_file("one.csv", home) is None
    (home / "one.csv").touch()
    assert found_file("one.csv", home) == str(home / "one.csv")
    (tmp_path / "one.csv").touch()
    assert found_file("one.csv", home) == "one.csv"
    assert found_file(str(home / "one.csv"), home) == str(home / "one.csv")
    said = missing_file("key", "on.csv", home)
    assert f"did you mean 'one.csv'?). Looked for from {tmp_path} and {home}; correct" in said
    assert "Looked" not in missing_file("key", "/nowhere/on.csv", home)


def test_settings_lie_over_each_other_key_by_key():
    shipped = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}, "f": None}
    before = copy.deepcopy(shipped)
    merged = laid_over(shipped, {"a": {"c": [3]}, "d": None, "f": {"g": 2}})
    assert merged == {"a": {"b": 1, "c": [3]}, "d": None, "f": {"g": 2}}
    assert shipped == before


def test_files_of_a_dataset_that_does_not_run_may_be_elsewhere(tmp_path):
    check_files(named() | {"other": named(regions="nowhere.csv")["cifar10"]}, "cifar10", ROOT)


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("recipes.published.augmentation.erase", "null", "write null into a file"),
        ("datasets.cifar10.strict_regions", "True", "write true into a file"),
    ],
)
def test_a_word_that_snakemake_made_text_of_is_told_as_such(key, value, meant):
    with pytest.raises(InputError, match=meant):
        load_config(changed(key, value), SCHEMA)


@pytest.mark.parametrize("section", ["experiments", "datasets"])
def test_a_name_too_long_for_a_folder_is_refused(section):
    config = copy.deepcopy(CONFIG)
    config[section]["x" * 256] = dict(next(iter(config[section].values())))
    with pytest.raises(InputError, match=rf"^{section}\.x+…: a name of 256 bytes"):
        load_config(config, SCHEMA)


def test_layers_are_those_of_the_networks_for_a_datasets_images():
    """Large images have a longer stem."""
    layers = {"gradcam": {"layers": ["final", "stem2_out"]}}
    load_config(changed("datasets.mine", MINE | {"side": 128} | layers), SCHEMA)
    with pytest.raises(InputError, match="no layer 'stem2_out'"):
        load_config(changed("datasets.mine", MINE | layers), SCHEMA)
