"""Images in as many channels as a network takes: grey ones in three, coloured ones in one."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import StoredRows, parts

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow turns colours into grey


def coloured(pixels: StoredRows, channels: int, path: Path) -> tuple[StoredRows, list[bool]]:
    """Return images with as many channels as a model takes, and which of them lost colours.

    Args:
        pixels: uint8 (N, H, W, 1 or 3).
        path: of a file for them, as they may not fit into memory.
    """
    found = pixels.shape[-1]
    if channels == found:
        return pixels, [False] * len(pixels)
    lost: list[bool] = []
    with open(path, "wb") as file:
        for part in parts(pixels):
            images = pixels[part]
            if found == 1:
                changed = np.repeat(images, channels, axis=-1)
            else:
                changed = np.stack([_grey(image) for image in images])
            lost += (images != images[..., :1]).any(axis=(1, 2, 3)).tolist()
            file.write(changed.data)
    return StoredRows(path, (*pixels.shape[:-1], channels), np.uint8), lost


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.rint(image @ np.array(_LUMA, np.float32))[..., None].astype(np.uint8)
