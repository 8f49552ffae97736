"""A config against its schema: what is wrong in one line each, and one form for what is right."""

import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.common.yaml_file import read_yaml


def read_schema(folder: Path) -> dict[str, Any]:
    """Read the config's schema: what is written by hand, and the choices of the registries."""
    schema: dict[str, Any] = read_yaml(folder / "config.schema.yaml")
    choices = read_yaml(folder / "choices.schema.yaml")
    return schema | {"$defs": schema["$defs"] | choices["$defs"]}


class Schema:
    """A JSON schema (draft 2020-12), or one of its ``$defs``.

    Args:
        root: the whole schema; references point into its ``$defs``.
        definition: which of them to check against; None for the whole.
    """

    def __init__(self, root: dict[str, Any], definition: str | None = None):
        self._root = root
        self._name = definition or "config"
        self._schema = {"$ref": f"#/$defs/{definition}"} if definition else root
        defs = {"$defs": root.get("$defs", {})}
        self._validator = jsonschema.Draft202012Validator(self._schema | defs)

    def check(self, value: Any, where: str = "") -> None:
        """Check mappings, lists and plain values; every message begins with ``where``.

        Raises:
            InputError: naming the key, the value, what is allowed and the nearest name for a typo.
        """
        errors = sorted(self._validator.iter_errors(value), key=lambda e: list(map(str, e.path)))
        if told := [error for found in errors if (error := _most_telling(found))]:
            # A missing key is told with all others that are missing beside it.
            lines = dict.fromkeys(where + _explain(error, self._name) for error in told)
            raise InputError("\n".join(lines))
        limit = sys.float_info.max
        if endless := [key for key, value in _leaves(value) if not -limit <= value <= limit]:
            raise InputError(f"{where}{endless[0]}: must be a finite number")

    def canonical(self, value: Any) -> Any:
        """Return a checked value with defaults filled in and every number in its schema's type.

        Equal settings come out equal however they were written (1 or 1.0, keys in any order), so
        that a comparison of two configs is a comparison of their meaning.
        """
        return _canonical(value, self._schema, self._root)


# Snakemake lays a config file over another key by key, so the old form's keys stay.
_MERGED = (
    ". (Sections are merged key by key, so another form keeps the keys of the one below it. To put "
    "it in place of the whole, override the whole section, as in `overrides: {optimizer: {name: "
    "sgd}}` of an experiment, or write a recipe of a new name)"
)


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


def _explain(error: jsonschema.ValidationError, root: str) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or root
    value = error.instance
    if error.validator == "additionalProperties":
        allowed = list(error.schema.get("properties", {}))
        unknown = [name for name in value if name not in allowed]
        is_named_form = "const" in error.schema.get("properties", {}).get("name", {})
        merged = _MERGED if is_named_form else ""
        return "\n".join(
            f"{key}: there is no key {name!r} here{nearest(str(name), allowed)}. "
            f"Allowed: {', '.join(allowed)}{merged}"
            for name in unknown
        )
    if error.validator in ("required", "dependentRequired"):
        wanted = error.validator_value
        if error.validator == "dependentRequired":
            wanted = [name for key, names in wanted.items() if key in value for name in names]
        missing = [name for name in wanted if name not in value]
        names = ", ".join(map(repr, missing))
        return f"{key}: " + (
            f"the key {names} is missing" if len(missing) == 1 else f"the keys {names} are missing"
        )
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
        return f"{key}: {twice!r} is listed twice; list it once"
    return f"{key}: {value!r} is not allowed: {_demand(error)}"


_WORDS = {
    "object": "a section of keys",
    "null": "null",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _demand(error: jsonschema.ValidationError) -> str:
    demands = {
        "type": "must be {}",
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "exclusiveMinimum": "must be above {}",
        "exclusiveMaximum": "must be below {}",
        "multipleOf": "must be a multiple of {}",
        "minItems": "must have at least {} entries",
        "maxItems": "must have at most {} entries",
        "minProperties": "must have at least {} entries",
        "minLength": "must not be empty",
        "pattern": "must match {}",
    }
    wanted = error.validator_value
    if error.validator == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        example = f"a list, such as [{error.instance!r}]"
        words = _WORDS | {"array": "a list" if isinstance(error.instance, dict) else example}
        wanted = " or ".join(words[name] for name in names)
        return demands["type"].format(wanted) + _hint_at_yaml(error.instance, set(names))
    if error.validator == "pattern" and "description" in error.schema:
        return f"must be {error.schema['description']}"
    return demands.get(str(error.validator), error.message).format(wanted)


_MEANT_AS_TEXT = (
    " (this is text, by its quotes or as Snakemake reads what is nested in `--config`; write {} "
    "into a file for `--configfile`)"
)


def _hint_at_yaml(value: Any, wanted: set[str]) -> str:
    """YAML takes 1e-3 for text, off for a boolean, and Snakemake what is nested: say so."""
    if isinstance(value, bool):
        return " (YAML reads yes, no, on and off as true and false; put a word in quotes)"
    if not isinstance(value, str):
        return ""
    for kind, words in {"null": ("null", "~"), "boolean": ("true", "false")}.items():
        if kind in wanted and value.lower() in words:
            return _MEANT_AS_TEXT.format(value.lower())
    if not wanted & {"number", "integer"}:
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    whole = "integer" in wanted
    if not math.isfinite(number) or (whole and not number.is_integer()):
        return ""
    text = repr(int(number)) if whole else repr(number)
    if "." not in text and not whole:
        text = text.replace("e", ".0e")
    if text == value:
        return _MEANT_AS_TEXT.format(text)
    return f" (YAML reads this as text; write {text})"


def _leaves(value: Any, key: str = "") -> Iterable[tuple[str, float]]:
    """Yield every number with its key path."""
    children: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, Mapping) else ()
    if isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield from _leaves(child, f"{key}.{name}" if key else str(name))
    if isinstance(value, int | float):
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
        others = schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {
            name: _canonical(filled[name], properties.get(name, others), root)
            for name in sorted(filled, key=str)  # YAML reads `no` and `on` as booleans
        }
    if isinstance(value, list):
        return [_canonical(item, schema.get("items", {}), root) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        kind = schema.get("type")
        if kind == "number":
            return float(value)
        if kind == "integer" or (kind == ["integer", "number"] and value == int(value)):
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
