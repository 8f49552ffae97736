"""What one file of code defines, what each definition means, and what it refers to."""

import ast
import contextlib
import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_LOGGERS = {"logger", "logging"}
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
# Decorators that do nothing when a module is imported but to what they decorate.
_PURE = {"dataclass", "cache", "cached_property", "contextmanager"}


# Of a name, all that it may stand for: (module,) or (module, name).
Imports = dict[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class Definition:
    """A function, class or variable of a module; under the name "" what runs at its import.

    Attributes:
        meaning: a digest of its syntax tree; computation: the same without messages of errors.
        uses, computes_with: names that the two refer to, with attributes: ``models.build_network``.
        calls: of the latter, those that stand in more than annotations.
        imports: local modules and names that are imported within it, as those of a ``File``.
        registries: packages whose members it reaches, and the attribute of each.
    """

    meaning: str
    computation: str
    uses: tuple[str, ...]
    computes_with: tuple[str, ...]
    calls: tuple[str, ...]
    imports: "Imports" = field(default_factory=dict)
    registries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class File:
    """What a module defines and imports.

    Attributes:
        imports: what an imported name stands for in local modules.
        stars: local modules of which all is imported, or that are imported by their dotted name.
        foreign: the same as imports for other packages, in words.
    """

    definitions: dict[str, Definition]
    imports: "Imports"
    stars: tuple[tuple[str, ...], ...]
    foreign: dict[str, str]


class Memory:
    """What files mean, by their content; kept in a file, as parsing takes its time."""

    def __init__(self, path: Path | None, known: dict[str, Any]):
        self._path, self._known, self._before = path, known, len(known)
        self._files: dict[Path, File] = {}

    @classmethod
    def at(cls, path: str | Path | None) -> "Memory":
        """Return the memory in a file; without one, one that forgets."""
        return cls(Path(path), _remembered(Path(path))) if path else cls(None, {})

    def file(self, path: Path) -> File:
        """Read a file of code.

        Raises:
            SyntaxError, OSError: if that is not possible.
        """
        if path not in self._files:
            self._files[path] = _file(path) if self._path is None else self._recalled(path)
        return self._files[path]

    def _recalled(self, path: Path) -> File:
        key = f"{_package_of(path)} {_content(path)[1]} {_modules_beside(_root_of(path.parent))}"
        if key not in self._known:
            self._known[key] = asdict(_file(path))
        return _from_plain(self._known[key])

    def keep(self) -> None:
        """Write the memory where that is possible: a folder may be read-only, or its disk full."""
        if self._path is None or len(self._known) == self._before:
            return
        content = {"by": _content(Path(__file__))[1], "files": self._known}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(content))
            temporary.replace(self._path)


@cache
def _remembered(memory: Path) -> dict[str, Any]:
    """Read the memory that this very code wrote; what cannot be read is forgotten."""
    try:
        content = json.loads(memory.read_text())
        if content["by"] != _content(Path(__file__))[1]:
            return {}
        for plain in content["files"].values():
            _from_plain(plain)
        return dict(content["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _from_plain(plain: dict[str, Any]) -> File:
    definitions = {
        name: Definition(
            one["meaning"],
            one["computation"],
            tuple(one["uses"]),
            tuple(one["computes_with"]),
            tuple(one["calls"]),
            _plain_imports(one["imports"]),
            tuple((package, attribute) for package, attribute in one["registries"]),
        )
        for name, one in plain["definitions"].items()
    }
    stars = tuple(tuple(one) for one in plain["stars"])
    return File(definitions, _plain_imports(plain["imports"]), stars, dict(plain["foreign"]))


def _plain_imports(plain: dict[str, Any]) -> Imports:
    return {name: tuple(tuple(one) for one in found) for name, found in plain.items()}


@cache
def _content(path: Path) -> tuple[bytes, str]:
    text = path.read_bytes()
    return text, hashlib.sha256(text).hexdigest()


@cache
def _root_of(folder: Path) -> Path:
    """The folder that a file's local modules lie in: above all packages."""
    return _root_of(folder.parent) if (folder / "__init__.py").is_file() else folder


@cache
def _modules_beside(root: Path) -> str:
    """The names of local modules and packages: they decide what an import is of."""
    return " ".join(sorted(path.name for path in root.iterdir() if path.name[0] != "_"))


def _package_of(path: Path) -> str:
    return ".".join(path.parent.relative_to(_root_of(path.parent)).parts)


@cache
def _file(path: Path) -> File:
    tree = ast.parse(_content(path)[0], filename=str(path))
    reader = _Reader(_root_of(path.parent), _package_of(path))
    imports, foreign = reader.imports(_imports_at_import(tree.body))
    stars = (*imports.pop("*", ()), *imports.pop("", ()))
    grouped: dict[str, list[ast.stmt]] = {"": []}
    for statement in _without_wording(tree.body):
        for name in _names_bound(statement):
            grouped.setdefault(name, []).append(statement)
        if _runs_at_import(statement):
            grouped[""].append(statement)
    if not any(not isinstance(one, ast.Import | ast.ImportFrom) for one in grouped[""]):
        grouped[""] = []  # the order of imports alone means nothing
    definitions = {name: reader.definition(body) for name, body in grouped.items()}
    return File(definitions, imports, stars, foreign)


@dataclass(frozen=True)
class _Reader:
    """Reads statements of a module in a package."""

    root: Path
    package: str

    def definition(self, body: list[ast.stmt]) -> Definition:
        computing = [_WithoutErrors().visit(_copy(one)) for one in body]
        bare = [_WithoutAnnotations().visit(_copy(one)) for one in computing]
        inner = [node for one in body for node in ast.walk(one) if _is_import(node)]
        imports, _ = self.imports([node for node in inner if node not in body])
        return Definition(
            self._meaning(body),
            self._meaning(bare),
            _references(body),
            _references(computing),
            _references(bare),
            imports,
            tuple(_registries(body)),
        )

    def _meaning(self, body: list[ast.stmt]) -> str:
        ordered: list[str] = []
        for is_import, run in itertools.groupby(body, key=_is_import):
            texts = [self._serialize(one) for one in run]
            ordered += sorted(texts) if is_import else texts
        return hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:32]

    def imports(self, nodes: list[Any]) -> tuple[Imports, dict[str, str]]:
        """What names stand for: in local modules, and in other packages."""
        local: Imports = {}
        foreign: dict[str, str] = {}
        for node in nodes:
            for name, target in self._bound_by(node):
                if self._is_local(target[0]):
                    local[name] = (*local.get(name, ()), target)
                else:
                    foreign[name] = " ".join(target)
        return local, foreign

    def _bound_by(self, node: ast.stmt) -> Iterator[tuple[str, tuple[str, ...]]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first, dot, _ = alias.name.partition(".")
                yield alias.asname or first, (alias.name if alias.asname else first,)
                if dot and not alias.asname:
                    yield "", (alias.name,)
        elif isinstance(node, ast.ImportFrom):
            above = self.package.split(".") if self.package else []
            above = above[: len(above) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield alias.asname or alias.name, (module, alias.name)

    def _is_local(self, module: str) -> bool:
        first = self.root / module.partition(".")[0]
        return first.is_dir() or first.with_suffix(".py").is_file()

    def _serialize(self, node: object) -> str:
        """Write a tree as text: node types and non-empty fields, without positions."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            local, foreign = self.imports([node])
            return f"import {sorted(local)} {sorted(foreign.items())}"
        if isinstance(node, ast.AST):
            fields = []
            for name in sorted(node._fields):
                value = getattr(node, name, None)
                if isinstance(node, ast.JoinedStr):  # Python 3.12 ends f"{x:>{width}}" with nothing
                    value = [part for part in node.values if getattr(part, "value", None) != ""]
                if value not in (None, []) and name not in ("type_comment", "kind"):
                    fields.append(f"{name}={self._serialize(value)}")
            return f"{type(node).__name__}({','.join(fields)})"
        if isinstance(node, list):
            return f"[{','.join(map(self._serialize, _without_wording(node)))}]"
        return repr(node)


class _WithoutErrors(ast.NodeTransformer):
    """Takes out the messages of errors, with all that they are made of."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise()

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Assert(self.visit(node.test))


class _WithoutAnnotations(ast.NodeTransformer):
    """Takes out the annotations of functions; those of a class's fields stay."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def _copy(node: Any) -> Any:
    """A copy that a transformer may change."""
    if isinstance(node, list):
        return [_copy(one) for one in node]
    if isinstance(node, ast.AST):
        return type(node)(**{name: _copy(value) for name, value in ast.iter_fields(node)})
    return node


def _without_wording(nodes: list[Any]) -> list[Any]:
    """Drop docstrings, and what is logged."""
    return [node for node in nodes if not (_is_bare_text(node) or _is_logged(node))]


def _is_bare_text(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_logged(node: object) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id in _LOGGERS
    )


def _is_import(node: object) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imports_at_import(body: list[Any]) -> list[ast.stmt]:
    """The imports of a module's own statements, under conditions and in attempts too."""
    pending, found = list(body), []
    while pending:
        node = pending.pop(0)
        if _is_import(node):
            found.append(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            pending += ast.iter_child_nodes(node)
    return found


def _names_bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement gives to a definition or a plain variable."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for node in itertools.chain.from_iterable(map(ast.walk, targets)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _runs_at_import(statement: ast.stmt) -> bool:
    """Whether a statement does something when its module is imported, beside giving a name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return not all(_last_name(one) in _PURE for one in statement.decorator_list)
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return True
    # Whatever is stored elsewhere than under a plain name, P.x or P[x], and x in (x := 1).
    stored = [
        node for node in ast.walk(statement) if isinstance(getattr(node, "ctx", 0), ast.Store)
    ]
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    plain = (ast.Name, ast.Tuple, ast.List, ast.Starred)
    inside = itertools.chain.from_iterable(map(ast.walk, targets))
    return any(not isinstance(node, plain) for node in stored) or not set(stored) <= set(inside)


def _last_name(decorator: ast.expr) -> str:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(function, "attr", getattr(function, "id", ""))


def _references(body: list[ast.stmt]) -> tuple[str, ...]:
    """The names that statements load, with their attributes.

    Annotations are among them, since what a function is given is used by its methods; so are names
    of parameters and variables: at worst a definition of the same name counts without need.
    """
    found: set[str] = set()
    pending: list[ast.AST] = list(_without_wording(body))
    while pending:
        node = pending.pop()
        chain: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            chain.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            found.add(".".join([inner.id, *chain]))
            continue
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            found.update(_names_in_quotes(inner.value))
        for _, value in ast.iter_fields(node):
            children = _without_wording(value) if isinstance(value, list) else [value]
            pending += [child for child in children if isinstance(child, ast.AST)]
    return tuple(sorted(found))


def _names_in_quotes(text: str) -> list[str]:
    """The names in an annotation that is written as text, as of a class that is not defined yet."""
    is_annotation = re.fullmatch(r"[\w\[\], .|]+", text)
    return [name for name in re.findall(r"[A-Z]\w*", text) if is_annotation]


def _registries(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The packages and attributes of calls ``Registry[T]("package", "ATTRIBUTE")``."""
    for node in itertools.chain.from_iterable(map(ast.walk, body)):
        if isinstance(node, ast.Call):
            function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            if _last_name(function) == "Registry":
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                names = [one.value for one in given if isinstance(one, ast.Constant)]
                if len(names) != 2:
                    raise ValueError("a Registry's package and attribute must be written out")
                yield str(names[0]), str(names[1])
