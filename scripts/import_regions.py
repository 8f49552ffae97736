"""Read regions drawn with the VGG Image Annotator into one form: regions.csv."""

import logging

from resnetcam.stage import logged
from resnetcam.via import read_export, write_csv

with logged(snakemake):
    export = read_export(snakemake.input.export, strict=snakemake.params.strict)
    for problem in export.problems:
        logging.warning("row %d, %s: %s", problem.row, problem.filename, problem.message)
    write_csv(snakemake.output.regions, export.regions, images=export.images)
