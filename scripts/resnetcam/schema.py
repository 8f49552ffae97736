"""A config against its schema: what is wrong in one line each, and one form for what is right."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

import jsonschema

from resnetcam.errors import InputError
from resnetcam.names import nearest


class Schema:
    """A JSON schema (draft 2020-12), or one of its ``$defs``.

    Args:
        root: the whole schema; references point into its ``$defs``.
        definition: which of them to check against; None for the whole.
    """

    def __init__(self, root: dict[str, Any], definition: str | None = None):
        self._root = root
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
            raise InputError("\n".join(where + _explain(error) for error in told))
        if endless := [key for key, value in _leaves(value) if value != value or abs(value) == inf]:
            raise InputError(f"{where}{endless[0]}: must be a finite number")

    def canonical(self, value: Any) -> Any:
        """Return a checked value with defaults filled in and every number in its schema's type.

        Equal settings come out equal however they were written (1 or 1.0, keys in any order), so
        that a comparison of two configs is a comparison of their meaning.
        """
        return _canonical(value, self._schema, self._root)


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
    return demand + _hint_at_yaml(error.instance)


def _hint_at_yaml(value: Any) -> str:
    """YAML takes 1e-3 for text, and off for a boolean: say so."""
    if isinstance(value, bool):
        return " (YAML reads yes, no, on and off as true and false; a word stands in quotes)"
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
        others = schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
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
