"""Read regions drawn with the VGG Image Annotator into one form: regions.csv."""

import logging

from resnetcam.stage import logged
from resnetcam.via import fit_for_csv, read_export, write_csv

with logged(snakemake):
    export = read_export(snakemake.input.export, strict=snakemake.params.strict)
    for problem in export.problems:
        logging.warning("row %d, %s: %s", problem.row, problem.filename, problem.message)
    kept, left_out = fit_for_csv(export)
    for name in left_out:
        logging.warning("%r: left out, since no test image has such a name", name)
    write_csv(snakemake.output.regions, kept.regions, images=kept.images)
