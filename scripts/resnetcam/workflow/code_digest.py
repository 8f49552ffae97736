"""A digest of the code that a script really runs: what a change of it means, not how it looks.

Snakemake watches scripts by time stamp and their imports not at all. This digest covers the syntax
trees of a script and of every local module that it imports, directly or not; comments, layout,
docstrings, the order of imports and of undecorated definitions leave it as it is.
"""

import ast
import contextlib
import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class _Facts:
    """Of one file: the digest of what it means, and the names that it imports anywhere in it."""

    digest: str
    imports: tuple[str, ...]


def code_digest(
    script: str | Path, without: str | None = None, memory: str | Path | None = None
) -> str:
    """Return 16 hex digits for a script and the local modules (beside it) that it imports.

    The same on Python 3.11 to 3.13: ``ast.dump`` differs between versions, this does not.

    Args:
        without: modules whose path contains this are left out, with what only they import: those
            of a backend that is not in use.
        memory: a file that remembers what each file means, by its content: parsing them all takes
            half a second. It may be deleted at any time.

    Raises:
        SyntaxError, OSError: if a file cannot be read.
    """
    script = Path(script).resolve()
    known = _remembered(Path(memory)) if memory else {}
    before = len(known)
    files = local_files(script, without, known)
    if memory and len(known) > before:
        _remember(Path(memory), known)
    lines = [f"{path.relative_to(script.parent)} {files[path].digest}" for path in sorted(files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def local_files(
    script: Path, without: str | None = None, known: dict[str, _Facts] | None = None
) -> dict[Path, _Facts]:
    """Return the script and the files beside it that it imports, directly or not."""
    known = {} if known is None else known
    root = script.parent
    found: dict[Path, _Facts] = {}
    pending = [script]
    while pending:
        path = pending.pop()
        left_out = without and without in path.relative_to(root).as_posix()
        if path not in found and not left_out:
            found[path] = _facts(path, root, known)
            for name in found[path].imports:
                pending += _files_of_module(name, root)
    return found


def _facts(path: Path, root: Path, known: dict[str, _Facts]) -> _Facts:
    package = path.parent.parts[len(root.parts) :]
    text, digest = _content(path)
    key = f"{'/'.join(package)} {digest}"
    if key not in known:
        tree = ast.parse(text, filename=str(path))
        digest = hashlib.sha256(_serialize(tree).encode()).hexdigest()
        known[key] = _Facts(digest, tuple(sorted(set(_imported_names(tree, package)))))
    return known[key]


@cache
def _content(path: Path) -> tuple[bytes, str]:
    text = path.read_bytes()
    return text, hashlib.sha256(text).hexdigest()


@cache
def _files_of_module(name: str, root: Path) -> tuple[Path, ...]:
    """The files under ``root`` that ``import name`` runs, packages included."""
    package, _, _ = name.rpartition(".")
    target = root / name.replace(".", "/")
    candidates = (target.with_suffix(".py"), target / "__init__.py")
    found = tuple(path for path in candidates if path.is_file())
    return (*_files_of_module(package, root), *found) if package else found


def _imported_names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            # An imported name may itself be a module.
            yield from (f"{module}.{alias.name}" for alias in node.names)


@cache
def _remembered(memory: Path) -> dict[str, _Facts]:
    """Read the memory that this very code wrote; what cannot be read is forgotten."""
    try:
        content = json.loads(memory.read_text())
        if content["by"] != _content(Path(__file__))[1]:
            return {}
        return {key: _Facts(digest, tuple(names)) for key, (digest, names) in content["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _remember(memory: Path, known: dict[str, _Facts]) -> None:
    """Write the memory where that is possible: a folder may be read-only, or its disk full."""
    files = [(key, (facts.digest, facts.imports)) for key, facts in known.items()]
    content = {"by": _content(Path(__file__))[1], "files": files}
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        temporary = memory.with_name(f"{memory.name}.{os.getpid()}")
        temporary.write_text(json.dumps(content))
        temporary.replace(memory)


def _serialize(node: object) -> str:
    """Write a tree as text: node types and non-empty fields, without positions and docstrings."""
    if isinstance(node, ast.AST):
        fields = []
        for name in sorted(node._fields):
            value = getattr(node, name, None)
            if name == "body" and isinstance(value, list):
                value = _meaningful(value, reorder=isinstance(node, ast.Module))
            if isinstance(node, ast.JoinedStr):  # Python 3.12 ends f"{x:>{width}}" with nothing
                value = [part for part in node.values if getattr(part, "value", None) != ""]
            if value not in (None, []) and name not in ("type_comment", "kind"):
                fields.append(f"{name}={_serialize(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_serialize, node))}]"
    return repr(node)


def _meaningful(body: list[ast.stmt], reorder: bool) -> list[ast.stmt]:
    """Drop docstrings; at module level put runs of imports and of definitions in order."""
    body = [statement for statement in body if not _is_bare_text(statement)]
    if not reorder:
        return body
    ordered: list[ast.stmt] = []
    for kind, run in itertools.groupby(body, key=_kind):
        orders = {"import": _serialize, "definition": _definition_name}
        ordered += sorted(
            run, key=orders.get(kind, lambda _: "")
        )  # which keeps equal ones in place
    return ordered


def _kind(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return "import"
    return "definition" if _is_plain_definition(statement) else "other"


def _is_bare_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_plain_definition(statement: ast.stmt) -> bool:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return isinstance(statement, definitions) and not statement.decorator_list


def _definition_name(statement: ast.stmt) -> str:
    return getattr(statement, "name", "")
