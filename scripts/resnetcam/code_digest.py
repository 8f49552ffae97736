"""A digest of the code that a script really runs: what a change of it means, not how it looks.

Snakemake watches scripts by time stamp and their imports not at all. This digest covers the syntax
trees of a script and of every local module that it imports, directly or not; comments, layout,
docstrings, the order of imports and of undecorated definitions leave it as it is.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def code_digest(script: str | Path, without: str | None = None) -> str:
    """Return 16 hex digits for a script and the local modules (beside it) that it imports.

    The same on Python 3.11 to 3.13: ``ast.dump`` differs between versions, this does not.

    Args:
        without: modules whose path contains this are left out, with what only they import: those
            of a backend that is not in use.

    Raises:
        SyntaxError, OSError: if a file cannot be read.
    """
    script = Path(script).resolve()
    files = _reachable(script, script.parent, without)
    lines = [f"{path.relative_to(script.parent)} {_file_digest(path)}" for path in sorted(files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _reachable(start: Path, root: Path, without: str | None = None) -> set[Path]:
    found, pending = set(), [start]
    while pending:
        path = pending.pop()
        left_out = without and without in path.relative_to(root).as_posix()
        if path not in found and not left_out:
            found.add(path)
            pending.extend(_local_imports(path, root))
    return found


@cache
def _local_imports(path: Path, root: Path) -> tuple[Path, ...]:
    """The files under ``root`` that a file imports anywhere in its text, packages included."""
    found = []
    for name in _imported_names(_parse(path), path, root):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            target = root.joinpath(*parts[:length])
            for candidate in (target.with_suffix(".py"), target / "__init__.py"):
                if candidate.is_file():
                    found.append(candidate)
    return tuple(found)


def _imported_names(tree: ast.Module, path: Path, root: Path) -> Iterator[str]:
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            # An imported name may itself be a module.
            yield from (f"{module}.{alias.name}" for alias in node.names)


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(_serialize(_parse(path)).encode()).hexdigest()


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))


def _serialize(node: object) -> str:
    """Write a tree as text: node types and non-empty fields, without positions and docstrings."""
    if isinstance(node, ast.AST):
        fields = []
        for name in sorted(node._fields):
            value = getattr(node, name, None)
            if name == "body" and isinstance(value, list):
                value = _meaningful(value, reorder=isinstance(node, ast.Module))
            if value not in (None, []) and name not in ("type_comment", "kind"):
                fields.append(f"{name}={_serialize(value)}")
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_serialize, node))}]"
    return repr(node)


def _meaningful(body: list[ast.stmt], reorder: bool) -> list[ast.stmt]:
    """Drop docstrings; at module level put imports first, and runs of definitions in name order."""
    body = [statement for statement in body if not _is_bare_text(statement)]
    if not reorder:
        return body
    imports = [s for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
    rest = [s for s in body if not isinstance(s, ast.Import | ast.ImportFrom)]
    ordered: list[ast.stmt] = []
    run: list[ast.stmt] = []
    for statement in rest:
        if _is_plain_definition(statement):
            run.append(statement)
        else:
            ordered += [*sorted(run, key=_definition_name), statement]
            run = []
    return sorted(imports, key=_serialize) + ordered + sorted(run, key=_definition_name)


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
