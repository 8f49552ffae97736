"""How one finds one's way through a page: headings to link to, a list of them, tables, folds."""

import html
import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from markdown_it.token import Token

_FOLDED = "How to read it."


class Heading(NamedTuple):
    """A section: its level (2 or 3), its id, and its text."""

    level: int
    name: str
    text: str


def linked_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Give each heading below the title an id, and a link to itself; return them in their order.

    An id of level 3 begins with that of its section, so the same heading in two sections differs.
    """
    found: list[Heading] = []
    section, taken = "", set[str]()
    for opening, inline in itertools.pairwise(tokens):
        if opening.type != "heading_open" or opening.tag not in ("h2", "h3"):
            continue
        children = inline.children or []
        text = "".join(one.content for one in children)
        level = int(opening.tag[1])
        name = _unique(_slug(f"{section} {text}" if level == 3 else text), taken)
        section = name if level == 2 else section
        opening.attrs["id"] = name
        link = f'<a class="anchor" href="#{quote(name)}" aria-label="Link to this section">#</a>'
        inline.children = [*children, Token("html_inline", "", 0, content=link)]
        found.append(Heading(level, name, text))
    return found


def framed_tables(tokens: Sequence[Token]) -> list[Token]:
    """Put each table into a box that scrolls by itself, by keyboard too, and has a name.

    Screen readers call a table by its number and the heading above it.
    """
    framed, heading, numbers = list[Token](), "", itertools.count(1)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = "".join(one.content for one in tokens[place + 1].children or [])
        if token.type == "table_open":
            name = f"Table {next(numbers)}" + (f": {heading}" if heading else "")
            label = f'role="region" tabindex="0" aria-label="{html.escape(name)}"'
            framed.append(Token("html_block", "", 0, content=f'<div class="table" {label}>\n'))
        framed.append(token)
        if token.type == "table_close":
            framed.append(Token("html_block", "", 0, content="</div>\n"))
    return framed


def contents(headings: Sequence[Heading]) -> str:
    """Return a list of links to the sections, and below each to its parts, as HTML."""
    lines = ['<nav class="contents" aria-label="Contents">', "<ul>"]
    for number, (level, name, text) in enumerate(headings):
        following = headings[number + 1].level if number + 1 < len(headings) else 2
        link = f'<li><a href="#{quote(name)}">{html.escape(text)}</a>'
        if level == 2 and following == 3:
            lines.append(f"{link}<ul>")
        else:
            lines.append(f"{link}</li>" + "</ul></li>" * (level == 3 and following == 2))
    return "\n".join([*lines, "</ul>", "</nav>", ""])


def with_folds(tokens: Sequence[Token]) -> list[Token]:
    """Fold each paragraph that begins with an emphasised "How to read it." behind these words."""
    folded, place = list[Token](), 0
    while place < len(tokens):
        if not _is_explanation(tokens, place):
            folded.append(tokens[place])
            place += 1
            continue
        opening, inline, closing = tokens[place : place + 3]
        inline.children = (inline.children or [])[3:]
        inline.children[0].content = inline.children[0].content.lstrip()
        summary = f'<details class="how"><summary>{_FOLDED.rstrip(".")}</summary>\n'
        folded.append(Token("html_block", "", 0, content=summary))
        folded += [opening, inline, closing, Token("html_block", "", 0, content="</details>\n")]
        place += 3
    return folded


def _is_explanation(tokens: Sequence[Token], place: int) -> bool:
    if tokens[place].type != "paragraph_open" or tokens[place].hidden:
        return False
    children = tokens[place + 1].children or []
    kinds = [one.type for one in children[:4]]
    return kinds == ["em_open", "text", "em_close", "text"] and children[1].content == _FOLDED


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-") or "section"


def _unique(name: str, taken: set[str]) -> str:
    """Return the name, or with the first number that tells it apart from those that are taken."""
    tried = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    free = next(one for one in tried if one not in taken)
    taken.add(free)
    return free
