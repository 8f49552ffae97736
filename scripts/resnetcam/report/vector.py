"""Figures as they stand in a page: SVG in one address, on a light page and on a dark one."""

import base64
import binascii
import io
import re
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from resnetcam.common.errors import DamagedFileError
from resnetcam.report.colors import ON_DARK

_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_LARGEST_EXACT = 64  # pixels a side; larger pictures are maps over images, enlarged and smooth
_QUALITY = 75
_NAMES = {color.lower(): f"c{number}" for number, color in enumerate(ON_DARK)}
_COLOR = re.compile(rf"([:\s])({'|'.join(_NAMES)})\b")
_LIGHT, _DARK = (
    "".join(f"--{name}:{color};" for color, name in zip(colors, _NAMES.values(), strict=True))
    for colors in (ON_DARK.keys(), ON_DARK.values())
)
_STYLE = f"<style>:root{{{_LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}</style>"
# What has a meaning in an address, or in the attribute that holds it.
_QUOTED = {char: quote(char) for char in '%#<>"&\\^`{|}'}  # the sign that quotes before all others


def figure_uri(path: Path) -> str:
    """Return an SVG figure as a ``data:`` address that holds all it needs.

    It is smaller than the file: pictures are WebP, numbers have three decimals. It follows the
    reader's colour scheme.

    Args:
        path: as matplotlib writes it, with letters as shapes.
    """
    try:
        svg = path.read_text(encoding="utf-8")
        svg = _themed(_compact(svg))
    except OSError as error:
        raise DamagedFileError(path, error.strerror or str(error)) from error
    except (UnicodeDecodeError, binascii.Error) as error:
        raise DamagedFileError(path, str(error)) from error
    for char, quoted in _QUOTED.items():
        svg = svg.replace(char, quoted)
    return "data:image/svg+xml," + svg


def _compact(svg: str) -> str:
    svg = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S
    )
    svg = _PICTURE.sub(_smaller, svg)
    svg = re.sub(r"(\.\d{3})\d+", r"\1", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to groups
    svg = re.sub(r"DejaVuSans-(Bold-)?(?=[0-9a-f]+\")", lambda m: "b" if m[1] else "r", svg)
    svg = re.sub(r">\s+<", "><", svg)
    return re.sub(r"\s*\n\s*", " ", svg).replace('"', "'").strip()


def _smaller(found: re.Match[str]) -> str:
    """A picture as WebP; small ones without any loss, since their pixels can be told apart."""
    with Image.open(io.BytesIO(base64.b64decode(found[1])), formats=["PNG"]) as picture:
        packed = io.BytesIO()
        exact = max(picture.size) <= _LARGEST_EXACT
        picture.save(packed, "WEBP", lossless=exact, quality=_QUALITY, method=1)
    return "data:image/webp;base64," + base64.b64encode(packed.getvalue()).decode()


def _themed(svg: str) -> str:
    """Name the colours that a dark page changes, and say what they are on both kinds of page."""
    svg = _COLOR.sub(lambda found: f"{found[1]}var(--{_NAMES[found[2]]})", svg)
    return re.sub(r"(<svg[^>]*>)", rf"\1{_STYLE}", svg, count=1)
