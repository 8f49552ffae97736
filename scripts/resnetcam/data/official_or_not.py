"""Whether a ``data.h5`` holds the official CIFAR-10."""

from resnetcam.data.dataset import DatasetReader
from resnetcam.sources import official
from resnetcam.sources.labelled_images import LabelledImages


def dataset_compared_with_official(data: DatasetReader) -> official.Comparison:
    """Compare what a ``data.h5`` holds; of other numbers or sizes of images no pixel is read."""
    labels = data.array("y_train"), data.array("y_test")
    if (data.image_shape, *map(len, labels)) != (
        official.IMAGE_SHAPE,
        official.TRAIN_IMAGES,
        official.TEST_IMAGES,
    ):
        return official.OTHER
    pixels = data.array("x_train"), data.array("x_test")
    return official.compare_with_official(
        LabelledImages(pixels[0], labels[0], pixels[1], labels[1], data.class_names)
    )
