"""What `snakemake predict` is asked: which images, and which trained network."""

import hashlib
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from resnetcam.common.errors import InputError
from resnetcam.common.files import sha256_of_file
from resnetcam.common.wording import shown

_EXAMPLE = "snakemake predict --config images=/my/photos model=results/cifar10/fast/seed1"
_LONGEST = 40


def name_of_answers(images: str | None, model: str | None) -> str:
    """Name the folder of the answers to a question: after the images, with a digest of both."""
    if images is None or model is None:
        return "none"
    paths = [os.path.abspath(os.path.expanduser(path)) for path in (images, _file(model))]
    digest = hashlib.sha256("\0".join(paths).encode("utf-8", "surrogateescape")).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(paths[0]).stem).strip("-")[:_LONGEST]
    return f"{readable}-{digest[:8]}".lstrip("-")


def images_asked_for(images: str | None) -> str:
    """Return the path of the images, for any folder to be called from.

    Raises:
        InputError: if none is set.
    """
    if images is None:
        raise InputError(f"`images` is not set: which images are to be answered? {_EXAMPLE}")
    return os.path.abspath(os.path.expanduser(images))


def model_asked_for(model: str | None) -> str:
    """Return the path of the network's file; a run's folder stands for the one in it.

    Raises:
        InputError: if none is set, or it is not there.
    """
    if model is None:
        raise InputError(f"`model` is not set: which network is to answer? {_EXAMPLE}")
    path = _file(model)
    if not os.path.isfile(os.path.expanduser(path)):
        raise InputError(
            f"model: there is no {shown(path)}. Name the folder of a run that has been trained, or "
            f"its `model.keras`. A run that the config describes is trained by "
            f"`snakemake --cores 4 {shlex.quote(path)}`."
        )
    return os.path.abspath(os.path.expanduser(path))


def content_of(paths: Iterable[str | Path]) -> str:
    """Return digests of files, which change when one of them comes, goes or changes."""
    return " ".join(sha256_of_file(path) if os.path.exists(path) else "-" for path in paths)


def _file(model: str) -> str:
    return model if model.endswith(".keras") else os.path.join(model, "model.keras")
