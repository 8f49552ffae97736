"""A copy of the workflow's own files, so that a crate can be run again from what it holds."""

import shutil
from pathlib import Path

MAIN = "workflow/Snakefile"

_FILES = ("Snakefile", "config.yaml", "environment.yaml", "pyproject.toml", "Makefile")
_TEXTS = ("README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md")
_FOLDERS = ("rules", "scripts", "schemas", "profiles", "envs", "report", "resources")
_KINDS = {".py", ".smk", ".yaml", ".j2", ".css", ".js", ".rst", ".md", ".csv", ".txt", ".sh"}
_OWN = {"archives", "__pycache__"}  # folders that hold what was downloaded or compiled


def copy_workflow(root: Path, folder: Path) -> None:
    """Copy the files that the workflow needs, without what it downloaded or made.

    Args:
        root: of the workflow; folder: to be made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (*_named(root), *_below(root)):
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _named(root: Path) -> list[Path]:
    """Files by name; some are missing where only the workflow was copied, without its documents."""
    paths = [root / name for name in (*_FILES, *_TEXTS)]
    return [path for path in (*paths, *root.glob("requirements*.txt")) if path.is_file()]


def _below(root: Path) -> list[Path]:
    paths = (path for name in _FOLDERS for path in sorted((root / name).rglob("*")))
    return [
        path
        for path in paths
        if path.is_file()
        and path.suffix in _KINDS
        and not _OWN.intersection(path.relative_to(root).parts)
    ]
