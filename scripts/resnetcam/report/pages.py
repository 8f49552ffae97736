"""HTML pages that load nothing and run no script but their own."""

import base64
import hashlib
import html
from pathlib import Path

import jinja2

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'{allowed}">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<main>
{body}</main>
{script}</body>
</html>
"""


def framed(body: str, title: str, css: str, script: str = "") -> str:
    """Put HTML into a page that loads nothing, and runs nothing but this script, word by word."""
    return _PAGE.format(
        title=html.escape(title),
        css=css,
        body=body,
        script=f"<script>{script}</script>\n" if script else "",
        allowed=f"; script-src '{sha256_of_inline(script)}'" if script else "",
    )


def sha256_of_inline(text: str) -> str:
    """Return what a content security policy names an inline script or style by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def templates(folder: Path) -> jinja2.Environment:
    """Return the templates of HTML in a folder: what they are given is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
