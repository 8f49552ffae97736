"""Who made the workflow and how it is cited: ``CITATION.cff``."""

from pathlib import Path
from typing import Any

import yaml

from resnetcam.common.errors import InputError
from resnetcam.common.files import mismatch
from resnetcam.common.yaml_file import read_yaml

_SHAPE = {"title": str, "version": str, "license": str, "authors": [{}]}


def read_citation(path: Path) -> dict[str, Any]:
    """Return what a card or a crate says of the workflow itself.

    Returns:
        ``title``, ``version``, ``license`` (of the SPDX list), ``repository`` (a URL or None) and
        ``authors``: of each its ``name``, its ``orcid`` (a URL or None) and ``is_person``.

    Raises:
        InputError: if the file is missing or says none of these.
    """
    try:
        found = read_yaml(path)
    except OSError as error:
        missing = f"{error.strerror}. It belongs to the workflow: restore it."
        raise InputError(f"{path}: {missing}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is no valid YAML ({error}). Restore it.") from error
    if problem := mismatch(found, _SHAPE):
        how = "Write it there as text (citation-file-format.github.io)"
        raise InputError(f"{path}: {problem}. {how}.")
    return {
        **{key: found[key] for key in ("title", "version", "license")},
        "authors": list(map(_author, found["authors"])),
        "repository": found.get("repository-code"),
    }


def _author(author: dict[str, Any]) -> dict[str, Any]:
    """An organisation, by its name, or a person, by all parts of the name that are written."""
    parts = ("given-names", "name-particle", "family-names", "name-suffix")
    name = author.get("name") or " ".join(author[key] for key in parts if key in author)
    return {"name": name, "orcid": author.get("orcid"), "is_person": "name" not in author}
