"""The files that a person names in the config: where they are looked for, and what is wrong."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from resnetcam.common.errors import InputError
from resnetcam.common.names import nearest
from resnetcam.training.history import read_history


def found_file(
    path: str, home: str | Path, is_right: Callable[[str], bool] = os.path.isfile
) -> str | None:
    """Return where a file is that the config names, or None.

    A relative path is looked for from the working directory, then from the workflow's own folder,
    where the files lie that the shipped config names.

    Args:
        home: the workflow's own folder.
        is_right: whether a path is what is looked for.
    """
    path = os.path.expanduser(path)
    return next((one for one in (path, os.path.join(home, path)) if is_right(one)), None)


def is_of_files(dataset: Mapping[str, Any]) -> bool:
    """Say whether a dataset's images are a person's files, in a folder or listed in a table."""
    return "folder" in dataset or "table" in dataset


def files_of_dataset(dataset: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths of the files that a person names for a dataset, by their keys."""
    named = {name: dataset[name] for name in ("regions", "published_history")}
    named |= {f"annotations.{i}": path for i, path in enumerate(dataset["annotations"])}
    return {key: os.path.expanduser(path) for key, path in named.items() if path}


def check_files(
    datasets: Mapping[str, Any], chosen: str, home: str | Path, results: str = "results"
) -> None:
    """Check the files that a person names for datasets, before anything starts.

    To Snakemake a missing input of finished results is no reason to do anything, whatever else
    has changed; and a ``published_history`` that is no log is found by a drawing after hours.

    Args:
        chosen: the dataset whose files must be there; of others, those that are.
        home: the workflow's own folder.
        results: where results are written.

    Raises:
        InputError: naming the key and the file.
    """
    problems = [
        missing_file(f"datasets.{chosen}.{key}", path, home)
        for key, path in files_of_dataset(datasets[chosen]).items()
        if not found_file(path, home)
    ]
    problems += _regions_over_themselves(datasets, results)
    if problems:
        raise InputError("\n".join(problems))
    for name, dataset in datasets.items():
        if path := found_file(dataset["published_history"] or "", home):
            try:
                read_history(path)
            except InputError as error:
                raise InputError(f"datasets.{name}.published_history: {error}") from error


def missing_file(key: str, path: str, home: str | Path) -> str:
    """Return what to say of a file that is not there: where it was looked for, what is like it."""
    if path in ("null", "~"):
        return (
            f"{key}: {path!r} is text here, as Snakemake reads what is nested in `--config`; write "
            "null into a file for `--configfile`"
        )
    path = os.path.expanduser(path)
    places = list(dict.fromkeys(map(os.path.realpath, (os.getcwd(), home))))
    folders = [os.path.join(place, os.path.dirname(path)) for place in places]
    beside = [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    what = "is a folder" if os.path.isdir(path) else "there is no such file"
    hint = nearest(os.path.basename(path), beside)
    looked = "" if os.path.isabs(path) else f". Looked for from {' and '.join(places)}"
    return f"{key}: {path}: {what}{hint}{looked}; correct it, or set null"


def _regions_over_themselves(datasets: Mapping[str, Any], results: str) -> Iterable[str]:
    for name, dataset in datasets.items():
        path, made = dataset["regions"], os.path.abspath(f"{results}/{name}/regions.csv")
        if path and os.path.abspath(os.path.expanduser(path)) == made:
            yield (
                f"datasets.{name}.regions: {path} is what the workflow writes; keep yours as "
                "resources/regions.csv"
            )
