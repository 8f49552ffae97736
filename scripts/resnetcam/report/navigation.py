"""How one finds one's way through a page: links to headings, contents, sections, tables, folds."""

import html
import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from markdown_it.token import Token

NUMBERS = "The numbers"  # begins the words before a table that is folded
_EXPLANATION = "How to read it."  # before a paragraph that is folded
_EXPERIMENT = "Experiment "  # before the name of one, in the heading of its section


class Heading(NamedTuple):
    """A section: its level (2 or 3), its id, and its text."""

    level: int
    name: str
    text: str


def linked_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Give each heading below the title an id, and a link to itself; return them in their order.

    An id of level 3 begins with that of its section, so the same heading in two sections differs;
    what they have in common is the attribute ``data-part``.
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
        opening.attrs["data-part"] = _slug(text)
        words = html.escape(f"Link to {text}")
        link = f'<a class="anchor" href="#{quote(name)}" aria-label="{words}">#</a>'
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


def with_experiments(tokens: Sequence[Token]) -> list[Token]:
    """Put what is said of each experiment into a section with its name, for a reader to choose."""
    framed, is_open = list[Token](), False
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            if is_open:
                framed.append(_html("</section>\n"))
            text = tokens[place + 1].content
            shown = "".join(
                one.content for one in tokens[place + 1].children or () if one.type == "text"
            )
            is_open = text.startswith(_EXPERIMENT)
            if is_open:
                name = html.escape(shown.removeprefix(_EXPERIMENT))
                framed.append(_html(f'<section class="experiment" data-name="{name}">\n'))
        framed.append(token)
    return [*framed, *[_html("</section>\n")] * is_open]


def with_folds(tokens: Sequence[Token]) -> list[Token]:
    """Fold explanations and numbers.

    That is each paragraph that begins with an emphasised "How to read it.", behind these words, and
    each table after a paragraph of emphasised words that begin with "The numbers".
    """
    folded, place = list[Token](), 0
    while place < len(tokens):
        words = _first_words(tokens, place)
        if words == _EXPLANATION and len(tokens[place + 1].children or ()) > 3:
            inline = tokens[place + 1]
            inline.children = (inline.children or [])[3:]
            inline.children[0].content = inline.children[0].content.lstrip()
            folded += _fold("how", words, tokens[place : place + 3])
            place += 3
        elif words.startswith(NUMBERS) and tokens[place + 3].type == "table_open":
            end = (
                next(at for at in range(place, len(tokens)) if tokens[at].type == "table_close") + 1
            )
            folded += _fold("numbers", words, tokens[place + 3 : end])
            place = end
        else:
            folded.append(tokens[place])
            place += 1
    return folded


def with_figures(tokens: Sequence[Token]) -> list[Token]:
    """Make each paragraph of images figures; of several with titles, ``seed 1``, one is chosen."""
    drawn, place = list[Token](), 0
    while place < len(tokens):
        images = _images_alone(tokens, place)
        if not images:
            drawn.append(tokens[place])
            place += 1
            continue
        if len(images) == 1:
            images[0].attrs.pop("title", None)
            drawn += _figure(images[0])
        else:
            drawn.append(_html('<div class="seeds">\n'))
            for image in images:
                seed = html.escape(str(image.attrs.pop("title", "")).removeprefix("seed "))
                drawn += _figure(image, f"Seed {seed}", f' data-seed="{seed}"')
            drawn.append(_html("</div>\n"))
        place += 3
    return drawn


def _images_alone(tokens: Sequence[Token], place: int) -> list[Token]:
    """The images of a paragraph that holds nothing else."""
    if tokens[place].type != "paragraph_open" or tokens[place].hidden:
        return []
    children = [one for one in tokens[place + 1].children or () if one.type != "softbreak"]
    return children if all(one.type == "image" for one in children) else []


def _figure(image: Token, caption: str = "", attributes: str = "") -> list[Token]:
    said = f"<figcaption>{caption}</figcaption>" if caption else ""
    opening = _html(f"<figure{attributes}>")
    return [opening, Token("inline", "", 0, children=[image]), _html(f"{said}</figure>\n")]


def _fold(kind: str, words: str, tokens: Sequence[Token]) -> list[Token]:
    summary = f'<details class="{kind}"><summary>{words.rstrip(".")}</summary>\n'
    return [_html(summary), *tokens, _html("</details>\n")]


def _first_words(tokens: Sequence[Token], place: int) -> str:
    """The emphasised words that a paragraph begins with."""
    if tokens[place].type != "paragraph_open" or tokens[place].hidden:
        return ""
    children = tokens[place + 1].children or []
    kinds = [one.type for one in children[:3]]
    return children[1].content if kinds == ["em_open", "text", "em_close"] else ""


def _html(content: str) -> Token:
    return Token("html_block", "", 0, content=content)


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-") or "section"


def _unique(name: str, taken: set[str]) -> str:
    """Return the name, or with the first number that tells it apart from those that are taken."""
    tried = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    free = next(one for one in tried if one not in taken)
    taken.add(free)
    return free
