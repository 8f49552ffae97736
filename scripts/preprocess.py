"""Split the images and compute each protocol's mean image: data.h5."""

import json
import logging
from pathlib import Path

from resnetcam.cifar import read_archive
from resnetcam.errors import InputError
from resnetcam.preprocessing import make_splits, write_dataset
from resnetcam.stage import logged

with logged(snakemake):
    settings = snakemake.params.settings
    archive = Path(json.loads(Path(snakemake.input.archive).read_text())["path"])
    if not archive.exists():
        raise InputError(
            f"{archive} is gone, though {snakemake.input.archive} refers to it. Delete "
            f"{snakemake.input.archive}; the next run gets the archive again."
        )
    images = read_archive(archive, settings["train_images"], settings["test_images"])
    splits = make_splits(images, settings["validation_images"], settings["split_seed"])
    write_dataset(snakemake.output.data, images, splits)
    logging.info("%d training and %d test images", len(images.y_train), len(images.y_test))
