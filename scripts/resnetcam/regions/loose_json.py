"""JSON as annotation tools write it: a member's value may be JavaScript's ``undefined``."""

import json
import re
from typing import Any

# Strings are matched first and as a whole, so that nothing is found inside them.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
    r"|(?P<undefined>:\s*undefined(?=\s*[,}]))"
    r"|(?P<constant>NaN|Infinity)",
    re.DOTALL,
)
_UNDEFINED = object()


def parse_json(text: str) -> Any:
    """Parse JSON in which a member that is ``undefined`` is left out, as VIA's own JSON does.

    VIA 2 writes such members into the cells of CSV files, for dropdown, radio and image attributes
    without a chosen value.

    Raises:
        ValueError: anything else that is not JSON, Python's NaN and Infinity too.
        RecursionError: it is nested too deeply.
    """
    if "undefined" not in text:
        return json.loads(text, parse_constant=_refuse)
    marked = _TOKEN.sub(_mark, text)
    return json.loads(
        marked, parse_constant=lambda name: _UNDEFINED, object_pairs_hook=_without_undefined
    )


def _mark(token: re.Match[str]) -> str:
    if token["constant"]:
        _refuse(token["constant"])
    return ":NaN" if token["undefined"] else token[0]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _without_undefined(members: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in members if value is not _UNDEFINED}
