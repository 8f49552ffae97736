"""Images that a network has classified, and what it makes of parts of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Masks = NDArray[np.bool_]
Fill = Callable[[NDArray[np.uint8], Masks], Floats]

_BATCH = 500  # pictures classified at a time


class Classified(NamedTuple):
    """What a network makes of N images.

    Attributes:
        probabilities: a function from float32 images (B, H, W, channels) in 0..255 to (B, C).
        images: uint8 (N, H, W, channels).
        cover: float32 (H, W, channels) in 0..255, shown where an image is covered.
        classes: (N,), the class of each image whose probability is followed.
    """

    probabilities: Callable[[Floats], Floats]
    images: NDArray[np.uint8]
    cover: Floats
    classes: NDArray[np.integer]

    def with_mask(self, mask: Floats) -> Floats:
        """Return the classes' probabilities (N,) when only mask (N, H, W) x image is left."""
        shown = self.cover + (self.images - self.cover) * mask[..., None]
        return self._of_classes(shown.astype(np.float32), self.classes)

    def with_cells(self, shown: Masks, fill: Fill | None = None) -> Floats:
        """Return the classes' probabilities when only some cells of the images are left.

        Args:
            shown: bool (..., N, h, w), the cells that are left.
            fill: makes pictures (B, H, W, channels) of images and of which pixels are left,
                (B, H, W); otherwise the others are covered.

        Returns:
            float32 (..., N). Maps that agree on the highest cells make the same pictures; each is
            classified once.
        """
        fill = fill or self._covered
        *pictures, n, height, width = shown.shape
        of_image = np.broadcast_to(np.arange(n, dtype=np.uint32), (*pictures, n)).ravel()
        cells = shown.reshape(-1, height, width)
        first, place = _distinct(of_image, cells)
        found = [
            self._of_classes(
                fill(
                    self.images[of_image[some]],
                    _enlarged(cells[some], *self.images.shape[1:3]),
                ),
                self.classes[of_image[some]],
            )
            for some in np.array_split(first, -(-len(first) // _BATCH))
        ]
        return np.concatenate(found)[place].reshape(*pictures, n)

    def _covered(self, images: NDArray[np.uint8], left: Masks) -> Floats:
        return np.where(left[..., None], images, self.cover)

    def _of_classes(self, images: Floats, classes: NDArray[np.integer]) -> Floats:
        found = self.probabilities(images)
        return found[np.arange(len(found)), classes]


def _distinct(
    of_image: NDArray[np.uint32], cells: Masks
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Tell pictures (P,) apart by their image (P,) and the cells (P, h, w) that are left of it.

    Returns:
        Where each distinct picture is first found, and which of these each picture is.
    """
    bits = np.packbits(cells.reshape(len(cells), -1), axis=1)
    rows = np.hstack([of_image[:, None].view(np.uint8), bits])
    keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return first, place


def _enlarged(cells: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Enlarge (N, h, w) to pixels (N, height, width): each shows the cell that it lies in."""
    rows = np.arange(height) * cells.shape[1] // height
    columns = np.arange(width) * cells.shape[2] // width
    return cells[:, rows[:, None], columns]
