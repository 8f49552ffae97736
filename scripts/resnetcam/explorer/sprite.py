"""All images of a page in one picture, small enough for the page."""

import base64
import io
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

MOST_PIXELS = 96  # a side, of an image on the page

_LOSSLESS = 100
# Quality of WebP, and the most pixels a side: the first that fits is taken.
_STEPS = ((_LOSSLESS, MOST_PIXELS), (90, MOST_PIXELS), (75, MOST_PIXELS), (75, 64), (60, 48))
_LAST = (50, 32)
_SAMPLE = 100  # images, by which it is judged whether all would fit


class Sprite(NamedTuple):
    """Images in one picture, row by row.

    Attributes:
        uri: the picture, as a data URI.
        columns: how many images stand in a row.
        height, width: of each image, in pixels.
        quality: of WebP: 100 where no pixel is changed.
    """

    uri: str
    columns: int
    height: int
    width: int
    quality: int

    @property
    def is_lossless(self) -> bool:
        return self.quality == _LOSSLESS


def sprite(images: Pixels, most: int) -> Sprite:
    """Put images (N, H, W, 1 or 3) into one picture of at most so many characters.

    They are shrunk and compressed with loss as far as needed, and no further than to 32 pixels and
    quality 50: then it may be longer.
    """
    sample = images[:: -(-len(images) // _SAMPLE)]
    for quality, side in _STEPS:
        expected = len(_encoded(shrunk(sample, side), quality).uri) * len(images) / len(sample)
        if expected <= 1.1 * most:
            found = _encoded(shrunk(images, side), quality)
            if len(found.uri) <= most:
                return found
    quality, side = _LAST
    return _encoded(shrunk(images, side), quality)


def shrunk(images: Pixels, side: int) -> Pixels:
    """Shrink images (N, H, W, 1 or 3) to at most so many pixels a side."""
    height, width = images.shape[1:3]
    if max(height, width) <= side:
        return images
    share = side / max(height, width)
    size = max(1, round(width * share)), max(1, round(height * share))
    small = [Image.fromarray(_plain(one)).resize(size, Image.Resampling.BOX) for one in images]
    return np.stack([np.asarray(one).reshape(size[1], size[0], -1) for one in small])


def shrunk_masks(masks: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
    """Shrink masks (N, H, W): a pixel is in, if half of it or more is."""
    if masks.shape[1:] == (height, width):
        return masks
    found = np.zeros((len(masks), height, width), bool)
    for place, mask in enumerate(masks):
        grey = Image.fromarray(np.uint8(255) * mask).resize((width, height), Image.Resampling.BOX)
        found[place] = np.asarray(grey) >= 128
    return found


def _encoded(images: Pixels, quality: int) -> Sprite:
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    filled = np.zeros((rows * columns, height, width, channels), np.uint8)
    filled[:n] = images
    grid = filled.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    picture = Image.fromarray(_plain(grid.reshape(rows * height, columns * width, channels)))
    buffer = io.BytesIO()
    if quality == _LOSSLESS:
        # Half of the effort, for 2 % more bytes.
        picture.save(buffer, "WEBP", lossless=True, method=3, quality=50)
    else:
        picture.save(buffer, "WEBP", quality=quality)
    uri = f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    return Sprite(uri, columns, height, width, quality)


def _plain(image: Pixels) -> Pixels:
    """As Pillow takes it: a grey one (H, W)."""
    return image[..., 0] if image.shape[-1] == 1 else image
