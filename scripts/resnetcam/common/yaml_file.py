"""Reading YAML quickly: every ``snakemake`` command, every job on a cluster, reads it anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from resnetcam.common.errors import InputError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


def read_yaml(path: str | Path) -> Any:
    """Return the plain values of a YAML file."""
    return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)


def check_config_file(path: str | Path) -> None:
    """Check what is lost once a config file has become plain values; JSON is left to Snakemake.

    Raises:
        InputError: naming the file and the line, if it cannot be read, is no YAML, or says a key
            twice (the last one would win without a word).
    """
    if Path(path).suffix == ".json":
        return
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"{path} is not in {Path.cwd()}. Call snakemake in the folder of the workflow, or put "
            "a config file there."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise InputError(f"{path}{_place(error)}: {_told(error, text)}") from error
    if twice := next(_keys_said_twice(node), None):
        key, first, second = twice
        raise InputError(
            f"{path}, line {second + 1}: the key {key} already exists in line {first + 1}. "
            "Keep one of them: YAML would silently use the last."
        )


def _keys_said_twice(node: Any, where: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield each key that a section says again: its path, its lines from 0."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _keys_said_twice(item, f"{where}{number}.")
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        line = key.start_mark.line
        if (key.tag, str(key.value)) in lines and key.tag != "tag:yaml.org,2002:merge":
            yield f"{where}{key.value}", lines[key.tag, str(key.value)], line
        lines[key.tag, str(key.value)] = line
        yield from _keys_said_twice(value, f"{where}{key.value}.")


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _told(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "a line begins with a tab. YAML is indented with spaces only."
    problem = getattr(error, "problem", None) or str(error)
    return (
        f"this is not valid YAML ({problem}). Compare it with the lines around it, or a fresh copy."
    )
