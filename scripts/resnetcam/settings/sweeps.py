"""Sweeps: a grid of models, recipes, overrides and seeds, spelled out as experiments.

An override is a key of a recipe, with dots between its levels, and another value. The name of an
experiment says what it is and depends on nothing else, so a value more in the grid is only its own
runs more.
"""

import copy
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from resnetcam.common.errors import InputError

Overridden = Callable[[str, Mapping[str, Any], str], dict[str, Any]]

_LONGEST_NAME = 200  # file systems end at 255
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


def experiments_of_sweep(
    name: str, sweep: Mapping[str, Any], overridden: Overridden
) -> dict[str, dict[str, Any]]:
    """Return a sweep's experiments by name, in the order of its lists, models slowest.

    Args:
        name: the sweep's.
        sweep: its settings: ``models``, ``recipes``, ``overrides`` (key to a list of numbers or
            words, or to a mapping of names to values), ``protocol``, ``seeds``.
        overridden: returns a recipe with overrides, and raises what is wrong with them.

    Returns:
        Of each experiment its settings as the config has them, ``recipe_settings`` with the
        overrides applied, and in ``overrides`` what its name says of them: values, or their names.

    Raises:
        InputError: naming the key and the value.
    """
    key = f"sweeps.{name}"
    grid = [list(_values(f"{key}.overrides.{at}", at, of)) for at, of in sweep["overrides"].items()]
    experiments: dict[str, dict[str, Any]] = {}
    for model, recipe, *values in itertools.product(sweep["models"], sweep["recipes"], *grid):
        overrides = {at: value for at, _, value in values}
        settings = overridden(recipe, overrides, f"{key}.overrides")
        parts = [name, model, recipe]
        parts += [f"{_last(at)}_{label or _text(settings, at)}" for at, label, _ in values]
        experiment = _checked_name("-".join(parts), key)
        if experiment in experiments:
            raise InputError(
                f"{key}: two of its experiments would be called {experiment!r}; rename "
                "a model, a recipe or a value"
            )
        experiments[experiment] = {
            "model": model,
            "recipe": recipe,
            "overrides": {at: label or setting_at(settings, at) for at, label, _ in values},
            "protocol": sweep["protocol"],
            "seeds": sweep["seeds"],
            "sweep": name,
            "recipe_settings": settings,
        }
    return experiments


def with_overrides(recipe: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a recipe with other values at dotted keys.

    Raises:
        InputError: if a key goes through what is no section.
    """
    result = copy.deepcopy(dict(recipe))
    for key, value in overrides.items():
        *sections, last = key.split(".")
        place: Any = result
        for number, name in enumerate(sections):
            place = place.get(name)
            if not isinstance(place, dict):
                section = ".".join(sections[: number + 1])
                raise InputError(
                    f"{key}: the recipe has no section {section!r} to change; override {section!r} "
                    "as a whole"
                )
        place[last] = copy.deepcopy(value)
    return result


def _values(where: str, key: str, values: Any) -> Iterator[tuple[str, str | None, Any]]:
    """Yield (key, name or None, value) for each value of an override."""
    if isinstance(values, Mapping):
        for label, value in values.items():
            yield key, label, value
        return
    for number, value in enumerate(values):
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            raise InputError(
                f"{where}.{number}: {value!r} has no short name; give every value of this list "
                "one, as in {none: null, wide: {rotation: 10}}"
            )
        yield key, None, value


def setting_at(settings: Mapping[str, Any], key: str) -> Any:
    """Look a dotted key up."""
    value: Any = settings
    for name in key.split("."):
        value = value[name]
    return value


def _text(settings: Mapping[str, Any], key: str) -> str:
    """A value as the settings hold it: 5e-2 and 0.05 are one number, and so one name."""
    value = setting_at(settings, key)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _checked_name(name: str, key: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise InputError(
            f"{key}: {name!r} cannot be the name of a folder; use letters, digits, _, ., + and -, "
            f"{_LONGEST_NAME} of them at most"
        )
    return name
