"""Classify new images, and compute where the network looks."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

from resnetcam.prediction.network import Network
from resnetcam.prediction.stored import read_new_images, write_answers

with logged(snakemake):
    images = read_new_images(Path(snakemake.input.images))
    answers = Network(Path(snakemake.params.model)).answer(images.pixels)
    write_answers(Path(snakemake.output.answers), answers)
