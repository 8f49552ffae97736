"""YAML front matter without a YAML library, which the environment of reports does not have."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def front_matter(content: Mapping[str, Any]) -> str:
    """Return sections, lists and plain values as YAML between two lines of ``---``.

    Every text is quoted, whatever it holds, so none is read as a number, a date or another key.
    """
    return "\n".join(["---", *_block(content), "---"])


def _block(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
    """The lines of a section or a list; what is in it stands below it, indented."""
    if isinstance(value, Mapping):
        items = [(f"{key}:", one) for key, one in value.items()]
    else:
        items = [("-", one) for one in value]
    for start, one in items:
        if not isinstance(one, (Mapping, list, tuple)):
            yield f"{start} {_scalar(one)}"
        elif not one:
            yield f"{start} {'{}' if isinstance(one, Mapping) else '[]'}"
        elif start == "-":
            first, *rest = _block(one)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
        else:
            yield start
            yield from (f"  {line}" for line in _block(one))


def _scalar(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        text = repr(value)
        # Without a point, YAML 1.1 takes 1e-05 for a text.
        return text.replace("e", ".0e") if "e" in text and "." not in text else text
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _quoted(text: str) -> str:
    """A text in double quotes; what does not print is written as its code point."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
