"""The part of a config that makes a report's results, as a file that makes them again."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

# What loading adds.
_ADDED_TO_DATASET = {"explained", "detailed", "experiments"}
_ADDED_TO_EXPERIMENT = {"recipe_settings", "sweep"}


def runnable_config(settings: Mapping[str, Any], dataset: str, experiments: Sequence[str]) -> str:
    """Return YAML that can be given with ``--configfile``: all that decides these results.

    Args:
        settings: as ``load_config`` returns them.
        dataset, experiments: that a report is of; of members of sweeps, the sweeps are there.
    """
    of_dataset = settings["datasets"][dataset]
    known = settings["experiments"]
    named = [name for name in of_dataset["detailed"] if name in experiments]
    listed = dict.fromkeys([*_entries(known, experiments), *named])
    by_name = [name for name in listed if name in known and not known[name]["sweep"]]
    sweeps = {
        name: settings["sweeps"][name]
        for name in dict.fromkeys(known[name]["sweep"] for name in experiments)
        if name
    }
    models = {known[name]["model"] for name in by_name}.union(
        *(s["models"] for s in sweeps.values())
    )
    recipes = {known[name]["recipe"] for name in by_name}.union(
        *(one["recipes"] for one in sweeps.values())
    )
    written = {
        "dataset": dataset,
        "backend": settings["backend"],
        "precision": settings["precision"],
        "datasets": {
            dataset: _without(of_dataset, _added(of_dataset)) | {"experiments": list(listed)}
        },
        "experiments": {name: _without(known[name], _ADDED_TO_EXPERIMENT) for name in by_name},
        "sweeps": sweeps,
        "models": {name: one for name, one in settings["models"].items() if name in models},
        "recipes": {name: one for name, one in settings["recipes"].items() if name in recipes},
        "report": settings["report"],
    }
    kept = {key: value for key, value in written.items() if value != {}}
    text: str = yaml.safe_dump(
        kept, sort_keys=False, default_flow_style=None, allow_unicode=True, width=96
    )
    return text


def _entries(known: Mapping[str, Any], experiments: Sequence[str]) -> list[str]:
    """What a dataset lists for these experiments: a sweep for all of its members."""
    members: dict[str, set[str]] = {}
    for name, one in known.items():
        members.setdefault(one["sweep"] or name, set()).add(name)
    sweeps = [known[name]["sweep"] or name for name in experiments]
    return [
        sweep if members[sweep] <= set(experiments) else name
        for sweep, name in zip(sweeps, experiments, strict=True)
    ]


def _added(dataset: Mapping[str, Any]) -> set[str]:
    return _ADDED_TO_DATASET | ({"side"} if "archive" in dataset else set())


def _without(section: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in keys}
