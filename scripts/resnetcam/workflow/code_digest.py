"""A digest of the code that a script really runs: what a change of it means, not how it looks.

Snakemake watches scripts by time stamp and their imports not at all. This digest covers the syntax
trees of the definitions that a script reaches, in its own file and in every local module: functions
and classes that are called or named, not whole modules. So comments, layout, docstrings, what is
logged, the order of definitions, and the file that a definition lies in leave it as it is; so does
all that is not reached. ``files_of_code`` reads one file, this module follows what it finds.
"""

import hashlib
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
        if (path, "") not in self.places:
            yield path, ""  # what runs when the module is imported
            yield from ((package, "") for package in self._packages_above(path))
        if name == ALL:
            yield from ((path, one) for one in file.definitions)
        elif name in file.imports:
            for target in file.imports[name]:
                yield from self._imported(*target)
        elif name in file.definitions:
            definition = file.definitions[name]
            self.meanings.add(definition.meaning if self.wording else definition.computation)
            yield from self._references(path, file, definition)
            if name == "" and self.wording:
                yield from self._run_by_imports(file)

    def _references(self, path: Path, file: File, definition: Definition) -> Iterator[Place]:
        inner = definition.imports
        for chain in definition.uses if self.wording else definition.computes_with:
            first, *rest = chain.split(".")
            if first in inner or first in file.imports:
                for target in inner.get(first) or file.imports[first]:
                    yield from self._imported(*target, *rest)
            elif first in file.foreign and (self.wording or chain in definition.calls):
                self.meanings.add(f"{first} is {file.foreign[first]}")
            elif first in file.definitions:
                yield path, first
        for package, attribute in definition.registries:
            for module in self._members(package):
                yield from self._imported(f"{package}.{module}", attribute)

    def _imported(self, *names: str) -> Iterator[Place]:
        """The place of a name in a module, however the two are cut: a.b and c, or a and b, c."""
        parts = ".".join(names).split(".")
        for length in range(len(parts), 0, -1):
            if path := self._file(".".join(parts[:length])):
                rest = parts[length:]
                yield path, rest[0] if rest else ALL
                return

    def _run_by_imports(self, file: File) -> Iterator[Place]:
        for targets in file.imports.values():
            for target in targets:
                yield from ((path, "") for path, _ in self._imported(*target))

    def _members(self, package: str) -> list[str]:
        if package in self.members:
            return [module_of_member(name) for name in self.members[package]]
        folder = self.root / package.replace(".", "/")
        return [path.stem for path in folder.glob("[!_]*.py")]

    def _file(self, module: str) -> Path | None:
        """The file of a local module or package."""
        target = self.root / module.replace(".", "/")
        for path in (target.with_suffix(".py"), target / "__init__.py"):
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
        reach.follow(list(reach._imported(name)))
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
