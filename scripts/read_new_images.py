"""Decode new images as a trained network is to see them."""

import logging
import tempfile
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.wording import shown
from resnetcam.networks.description import read_description
from resnetcam.prediction.new_images import read_images
from resnetcam.prediction.stored import write_new_images

with logged(snakemake):
    output = Path(snakemake.output.images)
    description = read_description(Path(snakemake.params.model))
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".decoding-") as scratch:
        images = read_images(
            [snakemake.params.source], description, Path(scratch), snakemake.threads
        )
        for name, reason in images.unreadable:
            logging.warning("%s is left out: %s", shown(name), reason)
        write_new_images(output, images)
