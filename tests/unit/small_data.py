"""Images of 8x8 pixels for trainings that take seconds."""

import numpy as np

from resnetcam.data.preprocessing import make_splits, write_dataset
from resnetcam.sources.labelled_images import LabelledImages


def write_data(path, coloured=False):
    """48 training images of 3 classes: 40 to train (batches of 16, 16, 8), 8 to choose.

    They are noise; if ``coloured``, red, green or blue tells the class.
    """
    random = np.random.default_rng(0)
    y_train, y_test = np.arange(48, dtype=np.uint8) % 3, np.arange(10, dtype=np.uint8) % 3
    highest, more = (150, 100) if coloured else (255, 0)
    tints = more * np.eye(3, dtype=int)[:, None, None]
    x_train, x_test = (
        random.integers(0, highest, (len(y), 8, 8, 3)) + tints[y] for y in (y_train, y_test)
    )
    images = LabelledImages(
        x_train.astype(np.uint8), y_train, x_test.astype(np.uint8), y_test, ("r", "g", "b")
    )
    write_dataset(path, images, make_splits(images, 8, 1))
    return path
