"""What files of annotated regions hold, whatever their format, and what was wrong with them.

Coordinates are in pixels of the annotated image, x to the right and y down from its top left
corner; angles are in radians, clockwise as seen on the screen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Geometry = dict[str, Any]  # a number, or a tuple of numbers for a list of points

SHAPES = {
    "rect": ("x", "y", "width", "height"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
    "polygon": ("all_points_x", "all_points_y"),
    "polyline": ("all_points_x", "all_points_y"),
    "point": ("cx", "cy"),
}
AREAS = ("rect", "circle", "ellipse", "polygon")

_MOST_PLACES = 4


@dataclass(frozen=True)
class Region:
    """One region.

    ``geometry`` holds numbers, or tuples of numbers for lists of points, under VIA's own keys
    (see ``SHAPES``; an ellipse without ``theta`` is not rotated). ``row`` is where the region
    stands, counted from 1: the line of a CSV file, the image's record in VIA's JSON, the annotation
    in COCO's.
    """

    filename: str
    shape: str
    geometry: Geometry
    attributes: dict[str, str]
    row: int
    region_id: int


@dataclass(frozen=True)
class Problem:
    """A defect: what was found in which row, and what was done about it.

    ``kind`` says the same without naming values, so that problems can be counted by it. ``lost``
    tells whether something that the file says is missing from what was read.
    """

    row: int
    filename: str
    message: str
    kind: str
    lost: bool


@dataclass(frozen=True)
class Export:
    """The content of a file of annotations.

    ``images`` names every file, those without regions too, in order of first appearance;
    ``file_attributes`` has an entry for each file with any.
    """

    images: tuple[str, ...]
    regions: tuple[Region, ...]
    problems: tuple[Problem, ...]
    file_attributes: dict[str, dict[str, str]]


def by_kind(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Group problems by kind, the worst first: those that lose something, then by their number."""
    groups: dict[tuple[str, bool], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.kind, problem.lost), []).append(problem)
    return sorted(groups.values(), key=lambda group: (not group[0].lost, -len(group)))


def problem_lines(problems: Iterable[Problem], rows: bool = True) -> list[str]:
    """Say in a line for each kind, the worst first, how often it occurs and where.

    Args:
        problems: of one file.
        rows: False to name files alone, where the reader cannot know the rows.
    """
    return [_line(group, rows) for group in by_kind(problems)]


def _line(group: list[Problem], rows: bool) -> str:
    first = group[0]
    places = dict.fromkeys(_place(one, rows) for one in group)
    places.pop(_place(first, rows))
    example = f"{_place(first, rows)}: {first.message}".removeprefix(": ")
    if len(group) == 1:
        return example
    if first.message == first.kind:
        example = _place(first, rows)
    text = f"{first.kind}, {len(group):,} times; first {example}"
    shown = list(places)[:_MOST_PLACES]
    more = len(places) - len(shown)
    then = "; ".join([*shown, *([f"{more:,} more"] if more else [])])
    return f"{text}; then {then}" if then else text


def _place(problem: Problem, rows: bool) -> str:
    row = [f"row {problem.row}"] if rows else []
    return ", ".join([*row, *([printable(problem.filename)] if problem.filename else [])])


def printable(name: str) -> str:
    """Return a file's name without characters that would do something to a terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)
