"""Split the images of an archive and compute each protocol's mean image: data.h5."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import PACKED_SOURCE
from resnetcam.data.preprocessing import preprocess
from resnetcam.sources.layouts import LAYOUTS
from resnetcam.sources.members import sha256_if_whole
from resnetcam.sources.official import compare_by_layout
from resnetcam.sources.reading import read_images
from resnetcam.sources.twins import ALIKE, EQUAL, perceptual_hashes

with logged(snakemake):
    settings = snakemake.params.settings
    about = read_json(snakemake.input.source, PACKED_SOURCE)
    archive = Path(about["path"])
    if sha256_if_whole(archive, about["layout"]) != about["sha256"]:
        raise InputError(
            f"{archive} is gone or is another now than the one that {snakemake.input.source} "
            "speaks of. Delete the latter; the next run gets the archive again."
        )
    images = read_images(
        archive, about["layout"], settings["train_images"], settings["test_images"]
    )
    layout = LAYOUTS[about["layout"]]
    official, deviations = compare_by_layout(images, about["sha256"], about["layout"])
    if official:
        logging.info("The images are those of the official %s, by their digests.", layout.title)
    for deviation in deviations:
        logging.warning("Not the official %s: %s", layout.title, deviation)
    notes = preprocess(
        snakemake.output.data,
        images,
        perceptual_hashes(images.x_train),
        perceptual_hashes(images.x_test),
        settings,
        EQUAL if layout.alike else ALIKE,
    )
    write_json(snakemake.output.notes, notes | {"unreadable": [], "ignored": []})
    logging.info("%d training and %d test images", len(images.y_train), len(images.y_test))
