"""Split the images of an archive and compute each protocol's mean image: data.h5."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import SOURCE
from resnetcam.data.preprocessing import preprocess
from resnetcam.sources.cifar import read_archive
from resnetcam.sources.members import sha256_if_whole
from resnetcam.sources.official import compare_with_official
from resnetcam.sources.twins import perceptual_hashes

with logged(snakemake):
    settings = snakemake.params.settings
    about = read_json(snakemake.input.source, SOURCE)
    archive = Path(about["path"])
    if sha256_if_whole(archive) != about["sha256"]:
        raise InputError(
            f"{archive} is gone or is another now than the one that {snakemake.input.source} "
            "speaks of. Delete the latter; the next run gets the archive again."
        )
    images = read_archive(archive, settings["train_images"], settings["test_images"])
    official, deviations = compare_with_official(images)
    if official:
        logging.info("The images are those of the official CIFAR-10, by their digests.")
    for deviation in deviations:
        logging.warning("Not the official CIFAR-10: %s", deviation)
    notes = preprocess(
        snakemake.output.data,
        images,
        perceptual_hashes(images.x_train),
        perceptual_hashes(images.x_test),
        settings,
    )
    write_json(snakemake.output.notes, notes | {"unreadable": [], "ignored": []})
    logging.info("%d training and %d test images", len(images.y_train), len(images.y_test))
