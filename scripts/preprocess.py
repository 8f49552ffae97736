"""Split the images and compute each protocol's mean image: data.h5."""

import json
import logging
from pathlib import Path

from resnetcam.cifar import read_archive
from resnetcam.dataset import make_splits, write_dataset
from resnetcam.errors import InputError
from resnetcam.stage import logged

with logged(snakemake):
    params = snakemake.params
    archive = Path(json.loads(Path(snakemake.input.archive).read_text())["path"])
    if not archive.exists():
        raise InputError(
            f"{archive} is gone, though {snakemake.input.archive} refers to it. Delete "
            f"{snakemake.input.archive}; the next run gets the archive again."
        )
    images = read_archive(archive, params.train_images, params.test_images)
    splits = make_splits(images, params.validation_images, params.split_seed)
    write_dataset(snakemake.output.data, images, splits)
    logging.info("%d training and %d test images", len(images.y_train), len(images.y_test))
