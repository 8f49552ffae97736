"""The config: checked whole before anything starts, defaults filled in, numbers in one form."""

import copy
import re
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import PurePath
from typing import Any

import jsonschema

from resnetcam.depths import blocks_per_stage
from resnetcam.errors import InputError
from resnetcam.layout import NUM_CLASSES
from resnetcam.names import nearest


def load_config(config: Mapping[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the config with defaults filled in and every number in its schema's type.

    Equal settings come out equal however they were written (1 or 1.0, keys in any order), so that
    a comparison of two configs is a comparison of their meaning.

    Raises:
        InputError: naming the key, the value, what is allowed and the nearest name for a typo.
    """
    config = _with_true_as_text(config)
    validator = jsonschema.Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(config), key=lambda e: [str(part) for part in e.path])
    if told := [error for found in errors if (error := _most_telling(found))]:
        raise InputError("\n".join(_explain(error) for error in told))
    if endless := [key for key, value in _leaves(config) if value != value or abs(value) == inf]:
        raise InputError(f"{endless[0]}: must be a finite number")
    config = _canonical(_with_gradcam_of_each_dataset(config), schema, schema)
    if problems := list(_inconsistencies(config)):
        raise InputError("\n".join(problems))
    return config


def _with_true_as_text(config: Mapping[str, Any]) -> dict[str, Any]:
    """In YAML an unquoted ``true`` is a boolean; as a class to explain it means the word."""
    config = copy.deepcopy(dict(config))
    datasets = config.get("datasets")
    sections = [config, *(datasets.values() if isinstance(datasets, Mapping) else [])]
    for section in sections:
        gradcam = section.get("gradcam") if isinstance(section, Mapping) else None
        if isinstance(gradcam, Mapping) and isinstance(gradcam.get("classes"), list):
            gradcam["classes"] = ["true" if name is True else name for name in gradcam["classes"]]
    return config


def _with_gradcam_of_each_dataset(config: dict[str, Any]) -> dict[str, Any]:
    """What a dataset does not say of Grad-CAM it takes from the section for all."""
    common = config.get("gradcam", {})
    datasets = {
        name: {**dataset, "gradcam": {**common, **dataset.get("gradcam", {})}}
        for name, dataset in config["datasets"].items()
    }
    return {**config, "datasets": datasets}


def _most_telling(error: jsonschema.ValidationError) -> jsonschema.ValidationError | None:
    """Where one of several named forms must fit, look into the form that the ``name`` chooses.

    None if it chooses none: then the ``name`` itself has an error of its own.
    """
    if error.validator != "oneOf" or not any("title" in form for form in error.validator_value):
        return error
    titles = [form["title"] for form in error.validator_value]
    name = error.instance.get("name") if isinstance(error.instance, Mapping) else None
    if name not in titles:
        return None
    number = titles.index(name)
    return next(inner for inner in error.context if inner.relative_schema_path[0] == number)


def _explain(error: jsonschema.ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "config"
    value = error.instance
    if error.validator == "additionalProperties":
        allowed = list(error.schema.get("properties", {}))
        unknown = [name for name in value if name not in allowed]
        return "\n".join(
            f"{key}: there is no key {name!r} here{nearest(str(name), allowed)}. "
            f"Allowed: {', '.join(allowed)}"
            for name in unknown
        )
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in value]
        return f"{key}: the key {missing[0]!r} is missing"
    if error.validator == "oneOf":
        forms = [" and ".join(form["required"]) for form in error.validator_value]
        return f"{key}: needs exactly one of the keys {', '.join(forms)}"
    if error.validator == "enum":
        allowed = [str(name) for name in error.validator_value]
        return (
            f"{key}: {value!r} is not allowed{nearest(str(value), allowed)}. "
            f"Allowed: {', '.join(allowed)}"
        )
    if error.validator == "uniqueItems":
        twice = next(item for i, item in enumerate(value) if item in value[:i])
        return f"{key}: {twice!r} is listed twice; each may stand there once"
    return f"{key}: {value!r} is not allowed: {_demand(error)}"


def _demand(error: jsonschema.ValidationError) -> str:
    demands = {
        "type": "must be of type {}",
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "exclusiveMinimum": "must be above {}",
        "exclusiveMaximum": "must be below {}",
        "multipleOf": "must be a multiple of {}",
        "minItems": "must have at least {} entries",
        "maxItems": "must have at most {} entries",
        "minProperties": "must have at least {} entries",
        "pattern": "must match {}",
    }
    wanted = error.validator_value
    if error.validator == "type":
        words = {"array": "list, such as [1]", "object": "section of keys", "null": "null"}
        names = wanted if isinstance(wanted, list) else [wanted]
        wanted = " or ".join(words.get(name, name) for name in names)
    demand = demands.get(str(error.validator), error.message).format(wanted)
    return demand + _hint_at_yaml_float(error.instance)


def _hint_at_yaml_float(value: Any) -> str:
    """YAML takes 1e-3 for text: say so."""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    if number is None:
        return ""
    text = repr(number)
    if "." not in text:
        text = text.replace("e", ".0e")
    return f" (YAML reads this as text; write {text})"


def _leaves(value: Any, key: str = "") -> Iterable[tuple[str, float]]:
    """Yield every number with its key path."""
    children = value.items() if isinstance(value, Mapping) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for name, child in children:
        yield from _leaves(child, f"{key}.{name}" if key else str(name))
    if isinstance(value, float):
        yield key, value


def _canonical(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """Fill defaults, sort keys, and give numbers their schema's type, all the way down."""
    schema = _resolved(value, schema, root)
    if isinstance(value, Mapping):
        properties = schema.get("properties", {})
        defaults = {
            name: _resolved(None, part, root)["default"]
            for name, part in properties.items()
            if "default" in _resolved(None, part, root)
        }
        filled = {**defaults, **value}
        others = schema.get("additionalProperties") or {}
        return {
            name: _canonical(filled[name], properties.get(name, others), root)
            for name in sorted(filled)
        }
    if isinstance(value, list):
        return [_canonical(item, schema.get("items", {}), root) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if schema.get("type") == "number":
            return float(value)
        if schema.get("type") == "integer":
            return int(value)
    return value


def _resolved(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and choose the form of a value that has several."""
    if "$ref" in schema:
        _, _, name = schema["$ref"].rpartition("/")
        schema = {**root["$defs"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
    if isinstance(value, Mapping):
        for form in schema.get("oneOf", []):
            if "title" in form and form["title"] == value.get("name"):
                return form
    return schema


def _inconsistencies(config: dict[str, Any]) -> Iterable[str]:
    """Yield what no schema can see: names that point nowhere, numbers that do not go together."""
    yield from _unknown("dataset", config["dataset"], config["datasets"], "dataset")
    for name, dataset in config["datasets"].items():
        key = f"datasets.{name}"
        for number, experiment in enumerate(dataset["experiments"]):
            yield from _unknown(
                f"{key}.experiments.{number}", experiment, config["experiments"], "experiment"
            )
        yield from _impossible_splits(key, dataset)
        if "draw_seed" in dataset and dataset["regions"]:
            yield f"{key}.regions: the regions of a drawn dataset are known; leave this key out"
        yield from _exports_of_one_name(f"{key}.annotations", dataset["annotations"])
        archive = dataset.get("archive")
        if archive and not archive["urls"] and not archive["path"]:
            yield f"{key}.archive: needs `urls` to download from, or the `path` of a local archive"
    for name, experiment in config["experiments"].items():
        for kind in ("model", "recipe"):
            yield from _unknown(
                f"experiments.{name}.{kind}", experiment[kind], config[f"{kind}s"], kind
            )
    for name, model in config["models"].items():
        try:
            blocks_per_stage(model["family"], model["depth"])
        except InputError as error:
            yield f"models.{name}.depth: {error}"
    for name, recipe in config["recipes"].items():
        yield from _reversed_intervals(f"recipes.{name}.augmentation.erase", recipe)


def _unknown(key: str, name: str, known: Mapping[str, Any], kind: str) -> Iterable[str]:
    if name not in known:
        yield (
            f"{key}: there is no {kind} {name!r}{nearest(name, known)}. Known: {', '.join(known)}"
        )


def _impossible_splits(key: str, dataset: dict[str, Any]) -> Iterable[str]:
    train, validation = dataset["train_images"], dataset["validation_images"]
    if validation >= train:
        yield (
            f"{key}.validation_images: {validation} of {train} training images leaves none to "
            "train on; choose fewer"
        )
    elif min(validation, train - validation) < NUM_CLASSES:
        yield (
            f"{key}.validation_images: {validation} of {train} training images leaves a class "
            f"empty: both parts need at least one image of each of {NUM_CLASSES} classes"
        )


def _exports_of_one_name(key: str, paths: list[str]) -> Iterable[str]:
    """Summaries are named after their exports; ``regions`` is that of the regions themselves."""
    names = ["regions", *(PurePath(path).stem for path in paths)]
    for number, name in enumerate(names[1:]):
        if name in names[: number + 1]:
            yield f"{key}.{number}: another export is called {name!r} too; rename one of the files"
        if not re.fullmatch(r"[\w.+-]+", name, re.ASCII):
            yield (
                f"{key}.{number}: {name!r} is not allowed as a file's name; use letters, digits, "
                "_, ., + and - only"
            )


def _reversed_intervals(key: str, recipe: dict[str, Any]) -> Iterable[str]:
    erase = recipe["augmentation"]["erase"] or {}
    for name in ("area", "aspect", "value"):
        low, high = erase.get(name, (0, 0))
        if low > high:
            yield f"{key}.{name}: [{low}, {high}] is not allowed: the lower end comes first"
