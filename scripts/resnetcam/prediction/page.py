"""A page of answers: each image, what it is taken for, and where the network looks."""

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnetcam.common.files import replacing
from resnetcam.explain.display import is_flat
from resnetcam.prediction.stored import Answers, NewImages
from resnetcam.prediction.table import share_in_words
from resnetcam.report.figures.overlays import Look, overlay
from resnetcam.report.pages import framed, templates

MOST_ON_A_PAGE = 200

_SIDE = 192  # of a picture on the page, at least about, in pixels
_CLASSES = 5


def write_page(
    path: Path,
    texts: Path,
    model: str,
    images: NewImages,
    answers: Answers,
    measured: Sequence[str],
    look: Look,
) -> None:
    """Write one HTML file of the first ``MOST_ON_A_PAGE`` images, with all pictures inside.

    Args:
        texts: the folder of the template and the style.
        model: how the model is called.
        measured: sentences on what its answers and maps are worth.
        look: how maps are shown.
    """
    body = (
        templates(texts)
        .get_template("predictions.html.j2")
        .render(
            model=model,
            class_names=answers.class_names,
            total=len(images.files),
            cards=list(_cards(images, answers, look)),
            unreadable=images.unreadable,
            measured=measured,
        )
    )
    names = ("report.css", "predictions.css")
    style = "".join((texts / name).read_text(encoding="utf-8") for name in names)
    with replacing(path) as temporary:
        temporary.write_text(
            framed(body, f"Answers of {model}", style), encoding="utf-8", errors="backslashreplace"
        )


def _cards(images: NewImages, answers: Answers, look: Look) -> Iterator[dict[str, Any]]:
    """What the template shows of each image."""
    answers = answers.first(MOST_ON_A_PAGE)
    flat, probabilities_of = is_flat(answers.maps), answers.probabilities
    shown = zip(images.files[:MOST_ON_A_PAGE], images.notes, strict=False)
    for index, (name, note) in enumerate(shown):
        probabilities = probabilities_of[index]
        best = np.argsort(-probabilities, kind="stable")[:_CLASSES]
        picture = _enlarged(images.pixels[index])
        yield {
            "name": name,
            "note": note,
            "picture": _data_uri(picture),
            "map": _data_uri(np.rint(255 * overlay(picture, answers.maps[index], look))),
            "is_flat": bool(flat[index]),
            "classes": [
                (answers.class_names[i], share_in_words(probabilities[i]), 100 * probabilities[i])
                for i in best
            ],
        }


def _enlarged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat pixels (H, W, channels) up to the size of the page: RGB."""
    times = max(1, _SIDE // max(image.shape[:2]))
    rgb = np.broadcast_to(image, (*image.shape[:2], 3))
    return rgb.repeat(times, axis=0).repeat(times, axis=1)


def _data_uri(image: NDArray[Any]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
