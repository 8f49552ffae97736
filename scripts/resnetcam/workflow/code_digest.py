"""A digest of the code that a script really runs: what a change of it means, not how it looks.

Snakemake watches scripts by time stamp and their imports not at all. This digest covers the syntax
trees of the definitions that a script reaches, in its own file and in every local module: functions
and classes that are called or named, not whole modules. So comments, layout, docstrings, what is
logged, the order of definitions, and the file that a definition lies in leave it as it is; so does
all that is not reached. ``files_of_code`` reads one file, this module follows what it finds.
"""

import hashlib
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from resnetcam.common.registry import module_of_member
from resnetcam.workflow.files_of_code import Definition, File, Memory

ALL = "*"
Place = tuple[Path, str]  # a file, and one of its definitions, or all of them


@dataclass
class _Reach:
    """What is reached from some definitions: places by file, and what each means.

    Args:
        root: the folder that local modules lie in.
        without: modules whose path contains this are left out: those of a backend that is not used.
        members: of registries, by their package, those that are used; of others, all are.
        wording: whether messages of errors count: they may be caught, and written to results.
    """

    root: Path
    memory: Memory
    without: str | None = None
    members: Mapping[str, Collection[str]] = field(default_factory=dict)
    wording: bool = True
    places: set[Place] = field(default_factory=set)
    meanings: set[str] = field(default_factory=set)

    def follow(self, places: Collection[Place]) -> None:
        pending = list(places)
        while pending:
            place = pending.pop()
            if place not in self.places and not self._is_left_out(place[0]):
                self.places.add(place)
                pending += self._found_at(*place)

    def _is_left_out(self, path: Path) -> bool:
        return bool(self.without and self.without in path.relative_to(self.root).as_posix())

    def _found_at(self, path: Path, name: str) -> Iterator[Place]:
        """Note what a definition means; yield what it refers to."""
        file = self.memory.file(path)
        if name == "":  # what runs when the module is imported, and its packages before it
            yield from ((package, "") for package in self._packages_above(path))
            yield from self._places(file.stars)
            if self.wording:
                yield from ((found, "") for found, _ in self._places(*file.imports.values()))
        else:
            yield path, ""
        if name == ALL:
            yield from ((path, one) for one in (*file.definitions, *file.imports))
        if name in file.imports:
            yield from self._places(file.imports[name])
        if name in file.definitions:
            definition = file.definitions[name]
            self.meanings.add(self._own_meaning(definition))
            yield from self._references(path, file, definition)

    def _references(self, path: Path, file: File, definition: Definition) -> Iterator[Place]:
        """Yield what a definition refers to; note what each of its names stands for."""
        own = self._own_meaning(definition)
        for chain in definition.uses if self.wording else definition.computes_with:
            first, *rest = chain.split(".")
            targets = (*definition.imports.get(first, ()), *file.imports.get(first, ()))
            places = [*self._places([(*target, *rest) for target in targets])]
            places += [(path, first)] if first in file.definitions else []
            places = [place for place in places if not self._is_left_out(place[0])]
            for place in places:
                self.meanings.add(f"{own} {chain} {self._meaning_at(*place)}")
            yield from places
            if first in file.foreign and (self.wording or chain in definition.calls):
                self.meanings.add(f"{own} {chain} {file.foreign[first]}")
        for package, attribute in definition.registries:
            members = [(f"{package}.{module}", attribute) for module in self._members(package)]
            yield from self._places(members)

    def _own_meaning(self, definition: Definition) -> str:
        return definition.meaning if self.wording else definition.computation

    def _meaning_at(self, path: Path, name: str) -> str:
        """What a place means by itself, so that two names that change places are noticed."""
        file = self.memory.file(path)
        if name in file.definitions:
            return f"{name} {self._own_meaning(file.definitions[name])}"
        if name in file.imports:
            places = self._places(file.imports[name])
            return " ".join(self._meaning_at(*place) for place in places if place != (path, name))
        return name

    def _places(self, *groups: Collection[tuple[str, ...]]) -> Iterator[Place]:
        """The places of names in modules, however these are cut: a.b and c, or a and b, c."""
        for target in itertools.chain.from_iterable(groups):
            parts = ".".join(target).split(".")
            for length in range(len(parts), 0, -1):
                if path := self._file(".".join(parts[:length])):
                    rest = parts[length:]
                    yield path, rest[0] if rest else ALL
                    break

    def _members(self, package: str) -> list[str]:
        if package in self.members:
            return [module_of_member(name) for name in self.members[package]]
        folder = self.root / package.replace(".", "/")
        return [path.stem for path in folder.glob("[!_]*.py")]

    def _file(self, module: str) -> Path | None:
        """The file of a local module or package."""
        target = self.root / module.replace(".", "/")
        for path in (target / "__init__.py", target.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def _packages_above(self, path: Path) -> Iterator[Path]:
        for folder in path.relative_to(self.root).parents:
            init = self.root / folder / "__init__.py"
            if init.is_file() and init != path:
                yield init


def code_digest(
    script: str | Path,
    without: str | None = None,
    members: Mapping[str, Collection[str]] | None = None,
    memory: str | Path | None = None,
) -> str:
    """Return 16 hex digits for a script and all that it reaches in local modules beside it.

    The same on Python 3.11 to 3.13: ``ast.dump`` differs between versions, this does not.

    Args:
        without: modules whose path contains this are left out, with what only they use: those of a
            backend that is not in use.
        members: of registries, by their package, those that are used; of others, all are.
        memory: a file that remembers what each file means, by its content: parsing them all takes
            half a second. It may be deleted at any time.

    Raises:
        SyntaxError, OSError: if a file cannot be read.
    """
    return _digest(_reached(Path(script).resolve(), without, members, memory))


def computation_digest(
    root: Path,
    definitions: Collection[str],
    without: str | None = None,
    members: Mapping[str, Collection[str]] | None = None,
    memory: str | Path | None = None,
    script: Path | None = None,
) -> str:
    """Return 16 hex digits for what some definitions compute.

    Messages of errors do not count, nor what only they need: for a result that exists, none was
    raised.

    Args:
        root: the folder that modules lie in.
        definitions: their dotted names, such as ``package.module.Class``.
        script: a file whose own statements count too, without what they reach.
    """
    reach = _Reach(root.resolve(), Memory.at(memory), without, members or {}, wording=False)
    for name in definitions:
        reach.follow(list(reach._places([(name,)])))
    if script:
        own = reach.memory.file(script.resolve()).definitions.values()
        reach.meanings.update(definition.computation for definition in own)
    reach.memory.keep()
    return _digest(reach)


def local_files(
    script: Path, without: str | None = None, memory: str | Path | None = None
) -> set[Path]:
    """Return the script and the files beside it of which it reaches anything."""
    return {path for path, _ in _reached(script.resolve(), without, None, memory).places}


def _reached(
    script: Path,
    without: str | None,
    members: Mapping[str, Collection[str]] | None,
    memory: str | Path | None,
) -> _Reach:
    reach = _Reach(script.parent, Memory.at(memory), without, members or {})
    reach.follow([(script, ALL)])
    reach.memory.keep()
    return reach


def _digest(reach: _Reach) -> str:
    return hashlib.sha256("\n".join(sorted(reach.meanings)).encode()).hexdigest()[:16]
