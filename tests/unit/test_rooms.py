"""Data flows one way: a room imports from the rooms before it, never from those after it."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "scripts/resnetcam"
ROOMS = (
    *(
        "common",
        "sources",
        "data",
        "regions",
        "recipe",
        "networks",
        "backends",
        "evaluation",
        "training",
    ),
    *("explain", "shift", "report", "explorer", "prediction", "provenance"),
    *("settings", "workflow"),
)


def test_every_module_lies_in_a_room():
    assert {path.name for path in LIBRARY.iterdir() if path.name != "__pycache__"} == {
        *ROOMS,
        "__init__.py",
        "__main__.py",
    }


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_before_it(room):
    allowed = ROOMS[: ROOMS.index(room) + 1]
    for path in (LIBRARY / room).rglob("*.py"):
        for name in imported_modules(path):
            if name.startswith("resnetcam."):
                assert name.split(".")[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_takes_and_what_it_gives(room):
    text = ast.get_docstring(ast.parse((LIBRARY / room / "__init__.py").read_text()))

    assert text
    assert "Takes " in text
    assert "gives " in text or room == "common"


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
