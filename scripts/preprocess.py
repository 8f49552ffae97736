"""Split the images and compute each protocol's mean image: data.h5."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import ARCHIVE
from resnetcam.data.cifar import read_archive
from resnetcam.data.members import sha256_if_whole
from resnetcam.data.official import compare_with_official
from resnetcam.data.preprocessing import check_number_of_classes, make_splits, write_dataset

with logged(snakemake):
    settings = snakemake.params.settings
    about = read_json(snakemake.input.archive, ARCHIVE)
    archive = Path(about["path"])
    if sha256_if_whole(archive) != about["sha256"]:
        raise InputError(
            f"{archive} is gone or is another now than the one that {snakemake.input.archive} "
            "speaks of. Delete the latter; the next run gets the archive again."
        )
    images = read_archive(archive, settings["train_images"], settings["test_images"])
    # Here, since it would be late after a training of hours.
    check_number_of_classes(archive, images.class_names)
    splits = make_splits(images, settings["validation_images"], settings["split_seed"])
    write_dataset(snakemake.output.data, images, splits)
    official, deviations = compare_with_official(images)
    if official:
        logging.info("The images are those of the official CIFAR-10, by their digests.")
    for deviation in deviations:
        logging.warning("Not the official CIFAR-10: %s", deviation)
    logging.info("%d training and %d test images", len(images.y_train), len(images.y_test))
