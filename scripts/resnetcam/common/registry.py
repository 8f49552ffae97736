"""Registries: what each module of a package defines, by a name. A new member is a new file."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from resnetcam.common.names import nearest

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """The members of a package: one a module, under the same attribute in each.

    A member is called as its module is, ``gradcam++`` for ``gradcam_plus_plus``. A module is
    imported when its member is asked for, so names are known without what members import.

    Args:
        package: its dotted name. Digests of code find it here, so write it out in the call.
        attribute: of each module, such as ``METHOD``.
    """

    def __init__(self, package: str, attribute: str):
        self._package = package
        self._attribute = attribute

    @cached_property
    def _names(self) -> tuple[str, ...]:
        folder = importlib.import_module(self._package).__path__
        return tuple(
            sorted(
                name_of_member(one.name)
                for one in pkgutil.iter_modules(folder)
                if one.name[0] != "_" and not one.ispkg and one.name.isidentifier()
            )
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> T:
        if name not in self:
            known = ", ".join(self)
            raise KeyError(f"{self._package} has no {name!r}{nearest(name, self)}. It has: {known}")
        module: Any = importlib.import_module(f"{self._package}.{module_of_member(name)}")
        member: T | None = getattr(module, self._attribute, None)
        if member is None:
            raise TypeError(f"{module.__file__} defines no {self._attribute}, as each module must")
        return member

    def __repr__(self) -> str:
        return f"Registry of {self._package}: {', '.join(self)}"


def module_of_member(name: str) -> str:
    """Return what the module of a member is called."""
    return name.replace("+", "_plus")


def name_of_member(module: str) -> str:
    """Return what the member in a module is called."""
    return module.replace("_plus", "+")
