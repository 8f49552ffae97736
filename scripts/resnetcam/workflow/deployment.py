"""The packages that a stage runs on: its environment's own, in the pinned versions.

Snakemake appends the packages that it runs on itself to a script's search path, so what an
environment lacks would come from there without a word, and an environment whose making was cut
short would not be noticed.

A deployment, which each rule gives its stage, is a mapping: ``file`` (the conda environment file),
``pins`` (versions by package), and ``folder`` (where Snakemake keeps the environments that it
makes; None without ``--use-conda``, when a person's own environment is as welcome).
"""

import sys
import sysconfig
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from resnetcam.common.errors import InputError

Deployment = Mapping[str, Any]


def keep_to_own_packages(deployment: Deployment) -> None:
    """Leave only this interpreter's own packages on the search path of a stage in conda.

    Raises:
        InputError: naming each package that is not there in its pinned version.
    """
    if not deployment["folder"]:
        return
    sys.path[:] = filter(_is_own, sys.path)
    if problems := [*_foreign_interpreter(deployment["folder"]), *_told(deployment["pins"])]:
        raise InputError(
            f"The environment of this stage is not what {deployment['file']} asks for:\n  "
            + "\n  ".join(problems)
            + "\nIt was changed, or its creation was interrupted. "
            + _how_to_make_it_anew(deployment["folder"])
        )


def description(deployment: Deployment) -> dict[str, Any]:
    """Return what ``run.json`` says of the environment: its file, who made it, how it differs."""
    found = differences(deployment["pins"])
    return {
        "file": deployment["file"],
        "made_by": "conda" if deployment["folder"] else "its user",
        "differences": {
            name: {"pinned": pinned, "found": there} for name, (pinned, there) in found.items()
        },
    }


def differences(pins: Mapping[str, str]) -> dict[str, tuple[str, str | None]]:
    """Return the pinned and the found version of each package that differs; None if missing.

    Only what lies under this interpreter's ``sys.prefix`` counts as found.
    """
    found = _versions()
    return {
        name: (wanted, found.get(_normal(name)))
        for name, wanted in sorted(pins.items())
        if found.get(_normal(name)) != wanted
    }


def what_an_import_needs(error: ImportError, deployment: Deployment) -> str:
    """Return what to say when a stage cannot import a package."""
    if deployment["folder"]:
        remedy = _how_to_make_it_anew(deployment["folder"])
    else:
        remedy = (
            f"Install the packages of {deployment['file']} there (`make venv` installs all that "
            "the workflow needs in .venv), or let --use-conda make an environment of them."
        )
    return f"{error}, for {sys.executable}. {remedy}"


def _how_to_make_it_anew(folder: str) -> str:
    prefix = Path(sys.prefix)
    name = prefix if prefix.is_relative_to(folder) else Path(folder)
    return f"Delete {name} and run the same command again to recreate it."


def _foreign_interpreter(folder: str) -> list[str]:
    if Path(sys.prefix).resolve().is_relative_to(Path(folder).resolve()):
        return []
    return [f"python: one under {folder} wanted, {sys.executable} found"]


def _told(pins: Mapping[str, str]) -> list[str]:
    where = sysconfig.get_path("purelib")
    return [
        f"{name}: {wanted} wanted, {found or 'none'} found in {where}"
        for name, (wanted, found) in differences(pins).items()
    ]


def _versions() -> dict[str, str]:
    """Versions of this interpreter's own packages; what an install left half done is no package."""
    found = {}
    for one in distributions(path=_own_folders()):
        try:
            name, version = one.metadata["Name"], one.metadata["Version"]
        except (OSError, ValueError, KeyError):
            continue
        if name and version:
            found[_normal(name)] = version
    return found


def _own_folders() -> list[str]:
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def _is_own(path: str) -> bool:
    """Whether a folder of the search path is the library's, the environment's, or the script's."""
    if path in (*_own_folders(), str(Path(__file__).parents[2]), sys.path[0]):
        return True
    is_library = any(Path(path).is_relative_to(one) for one in (sys.prefix, sys.base_prefix))
    return is_library and Path(path).name not in ("site-packages", "dist-packages")


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
