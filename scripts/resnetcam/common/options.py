"""Options of what the config chooses by name: fields of a frozen dataclass that know their limits.

``settings.choices`` writes the config's schema from them.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest

T = TypeVar("T")


def option(default: Any = dataclasses.MISSING, **limits: float) -> Any:
    """Return a dataclass field with limits in JSON Schema's words, such as ``minimum=0``.

    Its type may be float, int, str, bool, a ``Literal`` of words, one of these or None, or a tuple
    of such dataclasses (``tuple[Drop, ...]``).
    """
    return dataclasses.field(default=default, metadata={"limits": limits})


def from_settings(cls: type[T], settings: Mapping[str, Any]) -> T:
    """Make a dataclass of checked settings: nested dataclasses too, lists as tuples.

    Args:
        settings: a value for each field; ``name``, which chose the class, is passed over.

    Raises:
        InputError: naming an option that there is not.
    """
    hints = typing.get_type_hints(cls)
    values = {key: value for key, value in settings.items() if key != "name"}
    for key in values:
        if key not in hints:
            raise InputError(f"{cls.__name__} has no option {key!r}{nearest(key, hints)}.")
    return cls(**{key: _value(hints[key], value) for key, value in values.items()})


def _value(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):  # a dataclass or None
        (hint,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
        return None if value is None else _value(hint, value)
    if typing.get_origin(hint) is tuple:
        return tuple(_value(typing.get_args(hint)[0], one) for one in value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return from_settings(hint, value)
    return value
