"""What every source gives: images to train and to test on, with their labels."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class LabelledImages(NamedTuple):
    """A labelled image dataset: N images to train on, M to test on.

    Attributes:
        x_train: uint8 (N, side, side, C), C is 3 for RGB, 1 for grey; of files, an array on disk
            that is read by rows.
        y_train: indices into ``class_names``, uint8 or, from 257 classes on, uint16 (N,).
        x_test, y_test: the same of the test images (M,).
        class_names: one name a class.
        train_files, test_files: the file that each image is of; empty where there is no such.
        train_groups: what each training image belongs to; empty where none belongs to another.
        validation: indices of the training images that are to choose the epoch, if somebody said.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[Any]
    x_test: NDArray[np.uint8]
    y_test: NDArray[Any]
    class_names: tuple[str, ...]
    train_files: tuple[str, ...] = ()
    test_files: tuple[str, ...] = ()
    train_groups: tuple[str, ...] = ()
    validation: NDArray[np.uint32] | None = None
