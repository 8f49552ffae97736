"""The report as one HTML file: images inside, no scripts, nothing loaded from elsewhere."""

import base64
import html
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from resnetcam.common.errors import DamagedFileError
from resnetcam.report.navigation import contents, framed_tables, linked_headings, with_folds

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""
_TO_TOP = '<a class="top" href="#" aria-label="Back to the top">↑</a>\n'


def to_html(markdown: str, folder: Path, title: str, css: str) -> str:
    """Render markdown as one self-contained page, with a list of its sections before the first.

    Explanations are folded (``navigation.with_folds``).

    Args:
        markdown: CommonMark with tables; raw HTML in it shows as text.
        folder: where the relative paths of PNG images start.
        title, css: of the page.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = framed_tables(with_folds(parser.parse(markdown)))
    headings = linked_headings(tokens)
    if headings:
        first = next(place for place, one in enumerate(tokens) if one.tag in ("h2", "h3"))
        tokens.insert(first, Token("html_block", "", 0, content=contents(headings) + _TO_TOP))
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                child.attrs["src"] = _data_uri(folder / unquote(str(child.attrs["src"])))
    body = parser.renderer.render(tokens, parser.options, {})
    return framed(body, title, css)


def framed(body: str, title: str, css: str) -> str:
    """Put HTML into a page that loads nothing and runs nothing."""
    return _PAGE.format(title=html.escape(title), css=css, body=body)


def _data_uri(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFileError(path, error.strerror or str(error)) from error
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
