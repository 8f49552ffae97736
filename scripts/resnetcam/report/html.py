"""The report as one HTML file: figures and tables inside, nothing loaded from elsewhere."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from resnetcam.common.errors import DamagedFileError
from resnetcam.report.navigation import (
    contents,
    framed_tables,
    linked_headings,
    with_experiments,
    with_figures,
    with_folds,
)
from resnetcam.report.pages import framed
from resnetcam.report.vector import figure_uri

_PLAIN = "!$()*+,-./:;=?@[]_{}~"  # what a table or record may hold in an address as it is
_KEPT = {".csv": "text/csv", ".json": "application/json"}
_WORKERS = 4
_TO_TOP = '<a class="top" href="#" aria-label="Back to the top">↑</a>\n'


def to_html(markdown: str, folder: Path, title: str, css: str, script: str = "") -> str:
    """Render markdown as one self-contained page, with a list of its sections before the first.

    Explanations and numbers are folded, and a reader can choose experiments and seeds
    (``navigation``).

    Args:
        markdown: CommonMark with tables; raw HTML in it shows as text. Of a figure that it shows,
            ``x.png``, the page holds ``x.svg``, which lies beside it. Tables and records that it
            links, CSV and JSON, can be saved from the page.
        folder: where relative paths start.
        title, css, script: of the page.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = framed_tables(with_figures(with_folds(parser.parse(markdown))))
    headings = linked_headings(tokens)
    if headings:
        first = next(place for place, one in enumerate(tokens) if one.tag in ("h2", "h3"))
        tokens.insert(first, Token("html_block", "", 0, content=contents(headings) + _TO_TOP))
    tokens = with_experiments(tokens)
    children = [child for token in tokens for child in token.children or ()]
    _hold_figures([child for child in children if child.type == "image"], folder)
    for child in children:
        if child.type == "link_open":
            _hold(child, folder)
    body = parser.renderer.render(tokens, parser.options, {})
    return framed(body, title, css, script)


def _hold_figures(images: Sequence[Token], folder: Path) -> None:
    """Put each figure into the page; several at a time, as packing pictures takes long."""
    paths = [folder / unquote(str(image.attrs["src"])) for image in images]
    with ThreadPoolExecutor(_WORKERS) as pool:
        uris = pool.map(figure_uri, [path.with_suffix(".svg") for path in paths])
        for image, uri in zip(images, uris, strict=True):
            image.attrs["src"] = uri


def _hold(link: Token, folder: Path) -> None:
    """Put a table or record that a link leads to into the link itself, to be saved."""
    address = str(link.attrs["href"])
    target = PurePosixPath(unquote(address))
    kind = _KEPT.get(target.suffix)
    if kind is None or "://" in address:
        return
    path = folder / target
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFileError(path, error.strerror or str(error)) from error
    packed = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    link.attrs["href"] = min(packed, f"data:{kind},{quote(content, safe=_PLAIN)}", key=len)
    link.attrs["download"] = "-".join(part for part in target.parts if part != "..")
