"""The page itself: one file that loads nothing, and runs no script but its own."""

import json
from pathlib import Path

from resnetcam.common.files import replacing
from resnetcam.explorer.content import fill
from resnetcam.explorer.gathering import Subject
from resnetcam.explorer.packing import as_json_in_html
from resnetcam.report.figures.overlays import Look
from resnetcam.report.pages import sha256_of_inline, templates

MOST_BYTES = 8_000_000
MOST_IMAGES = 2_000  # that a browser shows at once without delay

_FRAME = 50_000  # bytes, of the template's own text, and of the names of networks


def write_page(
    path: Path,
    texts: Path,
    dataset: str,
    subject: Subject,
    look: Look,
    most_bytes: int = MOST_BYTES,
) -> None:
    """Write ``explorer.html``.

    Args:
        texts: the folder of the template, the styles and the script.
        dataset: its name.
        subject: images and runs; of the images the first ``MOST_IMAGES`` are shown at most, and
            what fits (``fill``).
        look: how maps are shown.
        most_bytes: of the file.
    """
    style, script = _style(texts), (texts / "explorer.js").read_text(encoding="utf-8")
    asked = len(subject.images.labels)
    frame = len(style.encode()) + len(script.encode()) + _FRAME
    content = fill(subject.first(min(asked, MOST_IMAGES)), look, most_bytes - frame)
    shown = content.subject
    page = (
        templates(texts)
        .get_template("explorer.html.j2")
        .render(
            dataset=dataset,
            style=style,
            style_hash=sha256_of_inline(style),
            script=script,
            script_hash=sha256_of_inline(script),
            sprite=content.sprite,
            data=as_json_in_html(json.dumps(content.data, separators=(",", ":"))),
            subject=shown,
            asked=asked,
            experiments=list(dict.fromkeys(run.experiment for run in shown.runs)),
            notes=content.notes,
            missing=content.missing,
        )
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="backslashreplace")


def _style(texts: Path) -> str:
    names = ("report.css", "explorer.css")
    return "".join((texts / name).read_text(encoding="utf-8") for name in names)
