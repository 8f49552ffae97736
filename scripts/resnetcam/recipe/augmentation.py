"""Augmentation of a batch on the device, from parameters drawn on the host (see ``randomness``).

Written in ``keras.ops`` as gathers and arithmetic, so that one text serves every backend, compiled
or not. The order is fixed: affine map, crop, flip, erased rectangle; then images are shrunk.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
from keras import ops
from numpy.typing import NDArray


class Prepare(Protocol):
    """What the training step needs to know of a recipe's augmentation."""

    def __call__(self, images: Any, draws: Mapping[str, Any], side: int | None = None, /) -> Any:
        """Make uint8 images (B, H, W, channels) the network's float32 inputs.

        These are ``side`` pixels high and wide; None leaves the size as it is.
        """


def build_prepare(subtract_mean: Literal["before", "after"], mean: NDArray[np.float32]) -> Prepare:
    """Return the function that makes a batch ready for the network.

    Args:
        subtract_mean: whether the mean image is taken away before the augmentation or after it.
        mean: float32 (H, W, channels), units of pixel/255.
    """

    def centre(images: Any) -> Any:
        return ops.cast(images, "float32") / 255.0 - mean

    def prepare(images: Any, draws: Mapping[str, Any], side: int | None = None) -> Any:
        if subtract_mean == "before":
            inputs = augment(centre(images), draws)
        else:
            if "erase" in draws:
                draws = {**draws, "erase_value": draws["erase_value"] * 255.0}
            inputs = centre(augment(images, draws))
        return inputs if side is None else shrink(inputs, side)

    return prepare


def augment(images: Any, draws: Mapping[str, Any]) -> Any:
    """Apply the draws to a batch (B, H, W, channels), one draw an image; keeps the dtype but for
    the affine map and the eraser, which need and return float32."""
    if "affine" in draws:
        images = affine(ops.cast(images, "float32"), draws["affine"])
    if "crop" in draws or "flip" in draws:
        images = shift_and_flip(images, draws.get("crop"), draws.get("flip"))
    if "erase" in draws:
        images = erase(ops.cast(images, "float32"), draws["erase"], draws["erase_value"])
    return images


def affine(images: Any, parameters: Any) -> Any:
    """Rotate, shift and zoom about the image's centre; bilinear, edges repeated outwards.

    The map goes from output to input: R(angle)·T(0, shift)·diag(row zoom, column zoom), as Keras's
    ImageDataGenerator composes it. A zoom below 1 enlarges.

    Args:
        images: float32 (B, H, W, channels).
        parameters: float32 (B, 4): angle in radians, shift in pixels, row zoom, column zoom.
    """
    height, width = images.shape[1:3]
    angle, shift, row_zoom, column_zoom = (parameters[:, i, None, None] for i in range(4))
    rows = row_zoom * (ops.arange(height, dtype="float32")[:, None] - (height - 1) / 2)
    columns = column_zoom * (ops.arange(width, dtype="float32")[None, :] - (width - 1) / 2) + shift
    cosine, sine = ops.cos(angle), ops.sin(angle)
    return _sample_bilinear(
        images,
        cosine * rows - sine * columns + (height - 1) / 2,
        sine * rows + cosine * columns + (width - 1) / 2,
    )


def shift_and_flip(images: Any, offsets: Any | None, flips: Any | None) -> Any:
    """Crop from the reflected surroundings, then mirror left to right, in one gather.

    Args:
        offsets: int32 (B, 2) in pixels: row and column of the input that land on the first of the
            output; outside of the image it is reflected about the edge pixel. None: no crop.
        flips: bool (B,), or None.
    """
    height, width = images.shape[1:3]
    rows = ops.arange(height, dtype="int32")[None, :]
    columns = ops.arange(width, dtype="int32")[None, :]
    if flips is not None:
        columns = ops.where(flips[:, None], width - 1 - columns, columns)
    if offsets is not None:
        rows = _reflect(rows + offsets[:, :1], height)
        columns = _reflect(columns + offsets[:, 1:], width)
    return _gather(images, rows[:, :, None], columns[:, None, :])


def erase(images: Any, boxes: Any, values: Any) -> Any:
    """Fill one rectangle an image with one value for all channels.

    Args:
        boxes: int32 (B, 4): top, left, height, width; a height of 0 erases nothing.
        values: float32 (B,).
    """
    height, width = images.shape[1:3]
    top, left, box_height, box_width = (boxes[:, i, None, None] for i in range(4))
    rows = ops.arange(height, dtype="int32")[:, None]
    columns = ops.arange(width, dtype="int32")[None, :]
    inside = (rows >= top) & (rows < top + box_height)
    inside = inside & (columns >= left) & (columns < left + box_width)
    return ops.where(inside[..., None], values[:, None, None, None], images)


def shrink(images: Any, side: int) -> Any:
    """Make images smaller: bilinear, with the triangle as wide as the new pixels (antialiased).

    Args:
        images: float32 (B, H, W, channels).
        side: new height and width, at most the old ones.
    """
    height, width = images.shape[1:3]
    images = ops.einsum("yh,bhwc->bywc", _shrinking(height, side), images)
    return ops.einsum("xw,bywc->byxc", _shrinking(width, side), images)


def _shrinking(old: int, new: int) -> NDArray[np.float32]:
    """The share of each old pixel in each new one along an axis, (new, old)."""
    scale = old / new
    centres = (np.arange(new) + 0.5) * scale - 0.5
    shares = np.maximum(0, 1 - np.abs(np.arange(old) - centres[:, None]) / scale)
    return (shares / shares.sum(1, keepdims=True)).astype(np.float32)


def _reflect(positions: Any, size: int) -> Any:
    positions = ops.abs(positions)
    return size - 1 - ops.abs(size - 1 - positions)


def _sample_bilinear(images: Any, rows: Any, columns: Any) -> Any:
    height, width = images.shape[1:3]
    rows = ops.clip(rows, 0, height - 1)
    columns = ops.clip(columns, 0, width - 1)
    top, left = ops.floor(rows), ops.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    top, left = ops.cast(top, "int32"), ops.cast(left, "int32")
    bottom, beside = ops.minimum(top + 1, height - 1), ops.minimum(left + 1, width - 1)
    upper = _gather(images, top, left) * (1 - right) + _gather(images, top, beside) * right
    lower = _gather(images, bottom, left) * (1 - right) + _gather(images, bottom, beside) * right
    return upper * (1 - down) + lower * down


def _gather(images: Any, rows: Any, columns: Any) -> Any:
    """Pick (row, column) of each image: indices broadcast to (B, H, W)."""
    height, width, channels = images.shape[1:]
    first = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None] * (height * width)
    flat = ops.reshape(images, (-1, channels))
    return ops.take(flat, first + rows * width + columns, axis=0)
