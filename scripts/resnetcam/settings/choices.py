"""What a config may choose by name, as schema: written from the registries (``make schema``).

A file in the repository, so that a config is checked without the packages that the choices import;
a test compares it with the registries.
"""

import dataclasses
import sys
import types
import typing
from pathlib import Path
from typing import Any

import yaml

from resnetcam.common.registry import Registry
from resnetcam.explain.method import METHODS
from resnetcam.networks.layers import FAMILIES
from resnetcam.recipe.optimizer import OPTIMIZERS
from resnetcam.recipe.schedule import SCHEDULES

_HEADING = "# Written by `make schema` from the registries of scripts/resnetcam; do not edit.\n"
_TYPES = {float: "number", int: "integer", str: "string", bool: "boolean"}


def choices_as_schema() -> str:
    """Return ``schemas/choices.schema.yaml``: the ``$defs`` that the config's schema refers to."""
    without_class = [name for name, method in METHODS.items() if not method.knows_a_class]
    definitions = {
        "optimizer": _forms(OPTIMIZERS),
        "schedule": _forms(SCHEDULES),
        "family": {"enum": list(FAMILIES)},
        # A keyword of our own: methods whose maps are of no class, so none of them may be first.
        "cam_method": {"enum": list(METHODS), "x-without-class": without_class},
    }
    return _HEADING + yaml.safe_dump({"$defs": definitions}, sort_keys=False, width=100)


def _forms(registry: Registry[Any]) -> dict[str, Any]:
    """One form for each member, told apart by its ``name``."""
    return {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"enum": list(registry)}},
        "oneOf": [
            {"title": name, **_object(member, {"name": {"const": name}})}
            for name, member in registry.items()
        ],
    }


def _object(cls: type, properties: dict[str, Any]) -> dict[str, Any]:
    """A dataclass as an object with a property for each field."""
    hints = typing.get_type_hints(cls)
    required = []
    for field in dataclasses.fields(cls):
        schema = _type(hints[field.name], f"{cls.__module__}: {cls.__name__}.{field.name}")
        schema |= dict(field.metadata.get("limits", {}))
        if field.default is dataclasses.MISSING:
            required.append(field.name)
        else:
            default = field.default
            schema["default"] = list(default) if isinstance(default, tuple) else default
        properties = {**properties, field.name: schema}
    return {
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": properties,
    }


def _type(hint: Any, where: str) -> dict[str, Any]:
    if isinstance(hint, types.GenericAlias):  # tuple[Of, ...]
        of, _ = typing.get_args(hint)
        return {"type": "array", "items": {"type": "object", **_object(of, {})}}
    if typing.get_origin(hint) is typing.Literal:
        return {"enum": list(typing.get_args(hint))}
    if isinstance(hint, types.UnionType):
        (one,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
        return {"type": [_TYPES[one], "null"]}
    if hint not in _TYPES:
        raise TypeError(f"{where} is a {hint}: common.options.option says what an option may be")
    return {"type": _TYPES[hint]}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(choices_as_schema())
