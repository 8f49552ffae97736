"""The config: checked whole before anything starts, defaults filled in, numbers in one form."""

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.data.protocols import chooses_nothing
from resnetcam.networks.layers import blocks_per_stage, short_names, spatial_layers
from resnetcam.settings.files import files_of_dataset, is_of_files
from resnetcam.settings.schema import Schema
from resnetcam.settings.sweeps import experiments_of_sweep, setting_at, with_overrides
from resnetcam.sources.layouts import CIFAR10, LAYOUTS
from resnetcam.sources.sizes import DRAWN_CLASSES, IMAGE_SIDE

# What stands beside the experiments' folders in a dataset's.
_TAKEN = {"annotate", "annotations", "class_choices", "test_sets"}
# Sections for all datasets, whose keys a dataset may say for itself.
_FOR_ALL = ("gradcam", "shift")
# Bytes of a name that becomes a folder's: file systems allow 255.
_LONGEST_NAME = 200


def load_config(config: Mapping[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the config with defaults filled in, sweeps spelled out, and numbers in one form.

    Beside what the file says, every experiment has its ``recipe_settings``, overrides applied, and
    the ``sweep`` that it comes from or None; every dataset the lists ``explained``, of those
    experiments that get maps and a report of their own, and ``detailed``, of those that its own
    report looks at one by one.

    Raises:
        InputError: naming the key, the value, what is allowed and the nearest name for a typo.
    """
    whole = Schema(schema)
    plain = _with_true_as_text(config)
    whole.check(plain)
    plain = _with_official_archives(_with_sections_of_each_dataset(plain))
    if problems := list(_missing_numbers(plain["datasets"])):
        raise InputError("\n".join(problems))
    checked = whole.canonical(plain)
    without_class = schema["$defs"]["cam_method"]["x-without-class"]
    if problems := [
        *_inconsistencies(checked),
        *_first_method_without_class(checked["datasets"], without_class),
    ]:
        raise InputError("\n".join(problems))
    experiments = _all_experiments(checked, _Recipes(checked["recipes"], Schema(schema, "recipe")))
    named = {"datasets": checked["datasets"], "experiments": experiments}
    if problems := [*_names_too_long(named), *_selections_where_nothing_is_chosen(experiments)]:
        raise InputError("\n".join(problems))
    if problems := list(_unknown_experiments(checked, experiments)):
        raise InputError("\n".join(problems))
    datasets = {
        name: dataset
        | _side_of_archive(dataset)
        | _listed_experiments(dataset, checked["sweeps"], experiments)
        for name, dataset in checked["datasets"].items()
    }
    # Once for all sides of images that a model is used with.
    common = checked["gradcam"]["layers"]
    unknown = _unknown_layers(checked["models"], datasets, experiments, common)
    if problems := list(dict.fromkeys(unknown)):
        raise InputError("\n".join(problems))
    return checked | {"datasets": datasets, "experiments": experiments}


def _with_true_as_text(config: Mapping[str, Any]) -> dict[str, Any]:
    """In YAML an unquoted ``true`` is a boolean; as a class to explain it means the word."""
    result = copy.deepcopy(dict(config))
    datasets = result.get("datasets")
    sections = [result, *(datasets.values() if isinstance(datasets, Mapping) else [])]
    for section in sections:
        gradcam = section.get("gradcam") if isinstance(section, Mapping) else None
        if isinstance(gradcam, dict) and isinstance(gradcam.get("classes"), list):
            gradcam["classes"] = ["true" if name is True else name for name in gradcam["classes"]]
    return result


def _with_sections_of_each_dataset(config: dict[str, Any]) -> dict[str, Any]:
    """What a dataset does not say of Grad-CAM or shift it takes from the section for all."""
    datasets = {
        name: {
            **dataset,
            **{key: {**config.get(key, {}), **dataset.get(key, {})} for key in _FOR_ALL},
        }
        for name, dataset in config["datasets"].items()
    }
    return {**config, "datasets": datasets}


def _with_official_archives(config: dict[str, Any]) -> dict[str, Any]:
    """What an archive's section does not say is what the official one of its layout has."""
    datasets = dict(config["datasets"])
    for name, dataset in datasets.items():
        if "archive" not in dataset:
            continue
        known = LAYOUTS[dataset["archive"].get("layout", CIFAR10)]
        archive = {"sha256": known.sha256, **dataset["archive"]}
        if archive["sha256"] in known.archives:
            numbers = {"train_images": known.train_images, "test_images": known.test_images}
            dataset = numbers | dataset
        if archive["sha256"] == known.sha256:
            archive = {"urls": list(known.urls), **archive}
        datasets[name] = dataset | {"archive": archive}
    return {**config, "datasets": datasets}


def _missing_numbers(datasets: Mapping[str, Any]) -> Iterable[str]:
    for name, dataset in datasets.items():
        missing = [key for key in ("train_images", "test_images") if key not in dataset]
        if "archive" in dataset and missing:
            yield (
                f"datasets.{name}: {' and '.join(map(repr, missing))} must say how many images "
                "the archive holds, as its `sha256` is not that of an official one"
            )


def _side_of_archive(dataset: Mapping[str, Any]) -> dict[str, int]:
    """The side of images whose layout says it."""
    return {"side": LAYOUTS[dataset["archive"]["layout"]].side} if "archive" in dataset else {}


def _inconsistencies(config: dict[str, Any]) -> Iterable[str]:
    """Yield what no schema can see: names that point nowhere, numbers that do not go together."""
    yield from _unknown("dataset", config["dataset"], config["datasets"], "dataset")
    for name, dataset in config["datasets"].items():
        key = f"datasets.{name}"
        yield from _impossible_splits(key, dataset)
        if "draw_seed" in dataset:
            yield from _impossible_drawing(key, dataset)
        yield from _paths_with_braces(key, dataset)
        yield from _exports_of_one_name(f"{key}.annotations", dataset["annotations"])
        archive = dataset.get("archive")
        if archive and not archive["urls"] and not archive["path"]:
            yield f"{key}.archive: needs `urls` to download from, or the `path` of a local archive"
    for name, experiment in config["experiments"].items():
        for kind in ("model", "recipe"):
            known = config[f"{kind}s"]
            yield from _unknown(f"experiments.{name}.{kind}", experiment[kind], known, kind)
    for name, sweep in config["sweeps"].items():
        for kind in ("model", "recipe"):
            for number, one in enumerate(sweep[f"{kind}s"]):
                key = f"sweeps.{name}.{kind}s.{number}"
                yield from _unknown(key, one, config[f"{kind}s"], kind)
        if name in config["experiments"]:
            yield f"sweeps.{name}: an experiment has this name too; rename one of them"
    for name, model in config["models"].items():
        try:
            blocks_per_stage(model["family"], model["depth"])
        except InputError as error:
            yield f"models.{name}.depth: {error}"
    for name, recipe in config["recipes"].items():
        yield from _impossible_recipe(f"recipes.{name}.", recipe)
    for kind in ("experiments", "sweeps"):
        for name in _TAKEN & config[kind].keys():
            yield f"{kind}.{name}: results/<dataset>/{name} is reserved; choose another name"


def _first_method_without_class(
    datasets: Mapping[str, Any], without_class: list[str]
) -> Iterable[str]:
    for method in without_class:
        led = [name for name, one in datasets.items() if one["gradcam"]["methods"][0] == method]
        if led:
            yield (
                f"gradcam.methods: {method} cannot stand first, as it does for {', '.join(led)}: "
                "the first method tells the predicted class from the true one, and "
                f"{method} does not depend on the class. Put another method before it"
            )


def _all_experiments(config: dict[str, Any], recipes: "_Recipes") -> dict[str, Any]:
    """The experiments, and those that sweeps stand for, each with its recipe's settings."""
    experiments: dict[str, Any] = {}
    for name, one in config["experiments"].items():
        where = f"experiments.{name}.overrides"
        settings = recipes.overridden(one["recipe"], one["overrides"], where)
        overrides = {at: setting_at(settings, at) for at in one["overrides"]}
        experiments[name] = one | {
            "overrides": overrides,
            "sweep": None,
            "recipe_settings": settings,
        }
    for name, sweep in config["sweeps"].items():
        for experiment, one in experiments_of_sweep(name, sweep, recipes.overridden).items():
            if experiment in experiments:
                raise InputError(
                    f"sweeps.{name}: another experiment is called {experiment!r} too; rename one"
                )
            experiments[experiment] = one
    return experiments


class _Recipes:
    """The recipes with overrides applied, each checked once: grids ask for the same ones often."""

    def __init__(self, recipes: Mapping[str, Any], schema: Schema):
        self._recipes = recipes
        self._schema = schema
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def overridden(self, name: str, overrides: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Return a recipe's settings; ``where`` names the overrides in what is wrong with them."""
        key = name, repr(overrides)
        if key not in self._known:
            self._known[key] = self._checked(name, overrides, where)
        return self._known[key]

    def _checked(self, name: str, overrides: Mapping[str, Any], where: str) -> dict[str, Any]:
        try:
            settings = with_overrides(self._recipes[name], overrides)
        except InputError as error:
            raise InputError(f"{where}.{error}") from None
        where = f"{where}, over the recipe {name}: "
        self._schema.check(settings, where)
        settings = self._schema.canonical(settings)
        if problems := list(_impossible_recipe(where, settings)):
            raise InputError("\n".join(problems))
        return settings


def _names_too_long(named: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for section, names in named.items():
        for name in names:
            if (length := len(name.encode())) > _LONGEST_NAME:
                yield (
                    f"{section}.{name[:40]}…: a name of {length} bytes is too long for the folder "
                    f"that is called so; at most {_LONGEST_NAME} are allowed"
                )


def _selections_where_nothing_is_chosen(experiments: Mapping[str, Any]) -> Iterable[str]:
    """Yield each experiment, or sweep, that asks for a best epoch which nobody can know."""
    problems: dict[str, None] = {}
    for name, one in experiments.items():
        select, protocol = one["recipe_settings"]["select"], one["protocol"]
        if chooses_nothing(protocol) and select != "last":
            key = f"sweeps.{one['sweep']}" if one["sweep"] else f"experiments.{name}"
            problems[
                f"{key}.protocol: {protocol!r} chooses no epoch, but the recipe {one['recipe']} is "
                f"used with `select: {select}`, where `select: last` is expected. Set that in the "
                f"recipe or in {key}.overrides, or choose another protocol"
            ] = None
    yield from problems


def _unknown_experiments(config: dict[str, Any], experiments: Mapping[str, Any]) -> Iterable[str]:
    known = {**config["experiments"], **config["sweeps"]}
    for name, dataset in config["datasets"].items():
        for number, listed in enumerate(dataset["experiments"]):
            if listed not in experiments:
                key = f"datasets.{name}.experiments.{number}"
                yield from _unknown(key, listed, known, "experiment or sweep")


def _listed_experiments(
    dataset: dict[str, Any], sweeps: Mapping[str, Any], experiments: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What a dataset's list stands for: all experiments, those explained, those in its report."""
    members: dict[str, list[str]] = {}
    for name, experiment in experiments.items():
        members.setdefault(experiment["sweep"], []).append(name)
    listed: dict[str, None] = {}
    explained: dict[str, None] = {}
    for entry in dataset["experiments"]:
        names = dict.fromkeys(members[entry] if entry in sweeps else [entry])
        listed |= names
        if entry not in sweeps or sweeps[entry]["explain"]:
            explained |= names
    by_name = [entry for entry in dataset["experiments"] if entry not in sweeps]
    return {"experiments": list(listed), "explained": list(explained), "detailed": by_name}


def _unknown_layers(
    models: Mapping[str, Any],
    datasets: Mapping[str, Any],
    experiments: Mapping[str, Any],
    common: Sequence[str],
) -> Iterable[str]:
    """Yield layers that a network lacks, before it is trained for hours to be explained.

    Of datasets that nothing is explained on, those that no network has.

    Args:
        common: the layers of datasets that name none of their own.
    """
    known_of = _LayersOf(models)
    asked: dict[tuple[str, str, int, str], str] = {}
    for dataset_name, dataset in datasets.items():
        side, layers = dataset["side"], dataset["gradcam"]["layers"]
        place = "gradcam.layers" if layers == common else f"datasets.{dataset_name}.gradcam.layers"
        anywhere = list(dict.fromkeys(one for name in models for one in known_of(name, side)))
        for layer in () if dataset["explained"] else layers:
            if layer not in anywhere:
                yield (
                    f"{place}: no model has a layer {layer!r}{nearest(layer, anywhere)}. "
                    f"Known: {', '.join(anywhere)}"
                )
        for name in dataset["explained"]:
            for layer in layers:
                asked.setdefault((place, experiments[name]["model"], side, layer), name)
    for (place, model, side, layer), experiment in asked.items():
        known = known_of(model, side)
        if layer not in known:
            yield (
                f"{place}: {model}, the model of {experiment}, has no layer "
                f"{layer!r}{nearest(layer, known)}. Known: {', '.join(known)}"
            )


class _LayersOf:
    """The names of layers that a model has for images of some side, short ones included."""

    def __init__(self, models: Mapping[str, Any]):
        self._models = models
        self._known: dict[tuple[str, int], list[str]] = {}

    def __call__(self, model: str, side: int) -> list[str]:
        if (model, side) not in self._known:
            layers = spatial_layers(**self._models[model], side=side)
            self._known[model, side] = [*short_names(layers), *layers]
        return self._known[model, side]


def _unknown(key: str, name: str, known: Mapping[str, Any], kind: str) -> Iterable[str]:
    if name not in known:
        yield (
            f"{key}: there is no {kind} {name!r}{nearest(name, known)}. Known: {', '.join(known)}"
        )


def _impossible_splits(key: str, dataset: dict[str, Any]) -> Iterable[str]:
    """Yield numbers of images that do not go together; of files, they are not known yet."""
    for name in ("test_images", "validation_images"):
        if dataset[name] >= 1 and int(dataset[name]) != dataset[name]:
            yield f"{key}.{name}: {dataset[name]:g} is neither a share below 1 nor a whole number"
    of_files = is_of_files(dataset)
    if of_files and "train_images" in dataset:
        yield f"{key}.train_images: images of files are counted; leave this key out"
    if not of_files:
        yield from _impossible_numbers(key, dataset)


def _impossible_numbers(key: str, dataset: dict[str, Any]) -> Iterable[str]:
    train, validation = dataset["train_images"], dataset["validation_images"]
    if dataset["test_images"] < 1:
        yield f"{key}.test_images: must be a number; a share is for images of files"
    if validation >= train:
        yield (
            f"{key}.validation_images: {validation} of {train} training images leaves none to "
            "train on; choose fewer"
        )
    elif "draw_seed" in dataset and 1 <= min(validation, train - validation) < DRAWN_CLASSES:
        yield (
            f"{key}.validation_images: {validation} of {train} training images leaves a class "
            f"empty: both parts need at least one image of each of {DRAWN_CLASSES} classes"
        )
    for name, usual in (("side", IMAGE_SIDE), ("fit", "crop"), ("unreadable", "refuse")):
        if dataset[name] != usual:
            yield f"{key}.{name}: is for images of files; leave this key out"


def _impossible_drawing(key: str, dataset: dict[str, Any]) -> Iterable[str]:
    if dataset["regions"]:
        yield f"{key}.regions: the regions of a drawn dataset are known; leave this key out"
    if dataset["train_images"] % 5:
        yield (
            f"{key}.train_images: {dataset['train_images']} is not allowed: must be a multiple of "
            "5, as CIFAR-10's layout has five files of them"
        )


def _paths_with_braces(key: str, dataset: dict[str, Any]) -> Iterable[str]:
    """Snakemake takes them for wildcards."""
    for name, path in files_of_dataset(dataset).items():
        if set(path) & set("{}"):
            yield f"{key}.{name}: {path!r} is not allowed: a path must not hold braces; rename it"


def _exports_of_one_name(key: str, paths: list[str]) -> Iterable[str]:
    """Summaries are named after their exports; ``regions`` is that of the regions themselves."""
    names = [PurePath(path).stem for path in paths]
    for number, name in enumerate(names):
        if name == "regions":
            yield f"{key}.{number}: 'regions' is reserved for the dataset's own; rename the file"
        elif name in names[:number]:
            yield f"{key}.{number}: another export is called {name!r} too; rename one of the files"
        elif not name.isprintable():
            yield f"{key}.{number}: {name!r} is not allowed as a file's name; rename the file"


def _impossible_recipe(where: str, recipe: dict[str, Any]) -> Iterable[str]:
    yield from _impossible_resizing(f"{where}progressive_resizing", recipe)
    yield from _impossible_erasing(f"{where}augmentation.erase", recipe)


def _impossible_resizing(key: str, recipe: dict[str, Any]) -> Iterable[str]:
    shares = [one["share"] for one in recipe["progressive_resizing"]]
    total = math.fsum(shares)  # a plain sum of 0.7, 0.2 and 0.1 is below 1
    if total >= 1:
        yield (
            f"{key}: the shares {', '.join(map(str, shares))} make {total:g}; together they "
            "must be below 1, for the last epoch sees whole images"
        )


def _impossible_erasing(key: str, recipe: dict[str, Any]) -> Iterable[str]:
    erase = recipe["augmentation"]["erase"]
    if not erase:
        return
    reversed_ = [name for name in ("area", "aspect", "value") if erase[name][0] > erase[name][1]]
    for name in reversed_:
        yield f"{key}.{name}: {erase[name]} is not allowed: the lower end comes first"
    if reversed_:
        return
    (smallest, largest), (low, high) = erase["area"], erase["aspect"]
    # Height and width are sqrt(area * aspect) and sqrt(area / aspect) of the image's side.
    if high < smallest or low > 1 / max(smallest, 1e-9):
        yield (
            f"{key}: no rectangle of area {erase['area']} and aspect {erase['aspect']} fits into "
            "the image; allow smaller areas, or aspects nearer 1"
        )
    pixels = largest * IMAGE_SIDE**2
    if pixels < 1 or high < 1 / pixels or low > pixels:
        yield (
            f"{key}.area: {erase['area']} of {IMAGE_SIDE} x {IMAGE_SIDE} pixels is not one pixel; "
            "allow larger ones, or set `erase` to null"
        )
