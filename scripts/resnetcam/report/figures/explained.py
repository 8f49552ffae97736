"""Test images with what the network says about them, and which of them to show."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.rows import Rows
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import read_predictions, softmax
from resnetcam.explain.maps import Maps, default_group, read_maps
from resnetcam.regions.on_images import masks_for_images
from resnetcam.regions.via import read_known_regions


class Explained(NamedTuple):
    """Test images with what the network says about them and where its evidence lies.

    Attributes:
        image_index: uint32 (M,), positions in the test set.
        images: uint8 (M, H, W, 3), RGB.
        labels: unsigned integers (M,), the true classes.
        probabilities: float32 (M, C).
        predicted_maps, true_maps: float32 (M, h, w), raw maps for the predicted and the true class.
        regions: bool (M, H, W), true on the object; all false where its region is not known.
    """

    image_index: NDArray[np.uint32]
    images: NDArray[np.uint8]
    labels: NDArray[np.integer]
    probabilities: NDArray[np.float32]
    predicted_maps: NDArray[np.float32]
    true_maps: NDArray[np.float32]
    regions: NDArray[np.bool_]

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The most probable classes, int64 (M,)."""
        return self.probabilities.argmax(1)

    def at(self, position: int) -> "Explained":
        """One image alone."""
        return Explained._make(values[position : position + 1] for values in self)


def gather_explained(
    images: NDArray[np.uint8] | Rows,
    labels: NDArray[np.integer],
    logits: NDArray[np.float32],
    predicted: Maps,
    true: Maps,
    regions: tuple[NDArray[np.uint32], NDArray[np.bool_]] | None = None,
) -> Explained:
    """Put together the test images that have maps for both the predicted and the true class.

    Args:
        images: the whole test set, uint8 (N, H, W, 3 or 1), or ``Rows`` of a file.
        labels: (N,), the true classes; logits: float32 (N, C).
        predicted, true: maps for these class choices, each of any part of the test set.
        regions: indices (R,) and masks bool (R, H, W) of the test images whose region is known.
    """
    index, in_predicted, in_true = np.intersect1d(
        predicted.image_index, true.image_index, return_indices=True
    )
    masks = np.zeros(images.shape[:3], bool)
    if regions is not None:
        masks[regions[0]] = regions[1]
    return Explained(
        index,
        np.broadcast_to(images[index], (len(index), *images.shape[1:3], 3)),
        labels[index],
        softmax(logits[index]),
        predicted.maps[in_predicted],
        true.maps[in_true],
        masks[index],
    )


def read_explained(
    data: DatasetReader, predictions: str | Path, maps: str | Path, regions: str | Path | None
) -> Explained:
    """Read the test images with the default method's and layer's maps.

    Args:
        predictions, maps: ``predictions.h5`` and ``gradcam.h5``.
        regions: an export of known regions, or None.
    """
    images = data.rows("x_test")
    logits, labels = read_predictions(Path(predictions), "test")
    predicted, true = (
        read_maps(maps, default_group(maps, choice)) for choice in ("predicted", "true")
    )
    masks = None
    if regions:
        export = read_known_regions(regions)
        known = masks_for_images(export, labels, data.class_names, data.image_shape[:2])
        masks = (known.image_index, known.masks)
    return gather_explained(images, labels, logits, predicted, true, masks)


def choose_examples(
    labels: NDArray[np.integer], eligible: NDArray[np.bool_], count: int = 10, seed: int = 0
) -> NDArray[np.int64]:
    """Draw images at random, from as many classes as possible: nobody picks the pretty ones.

    Args:
        labels: unsigned integers (M,), the true classes.
        eligible: bool (M,), which images may be drawn.
        count: how many to draw; fewer if there are fewer.
        seed: of the draw, and of nothing else.

    Returns:
        Positions in ``labels``, in the order of their classes.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, 0xF165]))
    drawn = generator.permutation(np.flatnonzero(eligible))
    classes = labels[drawn]
    # How many of its class come before it: first one of each class, then a second one, and so on.
    rounds = [(classes[:place] == classes[place]).sum() for place in range(len(drawn))]
    chosen = drawn[np.argsort(rounds, kind="stable")[:count]]
    return chosen[np.lexsort((chosen, labels[chosen]))]


def most_confidently_wrong(explained: Explained, count: int = 10) -> NDArray[np.int64]:
    """Return the positions of the misclassified images with the highest probability, it first."""
    wrong = np.flatnonzero(explained.predictions != explained.labels)
    return wrong[np.argsort(-explained.probabilities[wrong].max(1), kind="stable")[:count]]
