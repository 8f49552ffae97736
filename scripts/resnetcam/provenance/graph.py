"""The parts of an RO-Crate: entities that refer to each other by their ids."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from resnetcam.common.files import sha256_of_file

Reference = dict[str, str]

_FORMATS = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".json": "application/json",
    ".keras": "application/zip",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


class Graph:
    """Entities in the order in which they were added, each id once."""

    def __init__(self) -> None:
        self._entities: dict[str, dict[str, Any]] = {}

    def add(self, identifier: str, kind: str | list[str], /, **properties: Any) -> Reference:
        """Add an entity, unless there is one of its id; return what refers to it.

        Args:
            kind: its ``@type``.
            properties: those that are None or empty are left out.
        """
        said = {key: value for key, value in properties.items() if value not in (None, "", [])}
        self._entities.setdefault(identifier, {"@id": identifier, "@type": kind, **said})
        return {"@id": identifier}

    def add_file(self, path: Path, folder: Path, **properties: Any) -> Reference:
        """Add a file with its size and SHA-256; its id is its path as seen from the folder."""
        return self.add(
            quote(path.relative_to(folder).as_posix()),
            "File",
            name=path.name,
            contentSize=str(path.stat().st_size),
            sha256=sha256_of_file(path),
            encodingFormat=_FORMATS.get(path.suffix),
            **properties,
        )

    def add_value(self, identifier: str, name: str, value: object, /, **more: Any) -> Reference:
        """Add a named value, such as a setting or a score; texts and numbers stay what they are."""
        plain = value if isinstance(value, (str, int, float)) else str(value)
        return self.add(identifier, "PropertyValue", name=name, value=plain, **more)

    def entities(self) -> Iterable[dict[str, Any]]:
        """Return all entities."""
        return self._entities.values()


def fragment(*parts: object) -> str:
    """Return the id of something that is no file: ``#setting-fast-recipe.epochs``."""
    return "#" + quote("-".join(map(str, parts)), safe="")
