"""Read regions drawn with the VGG Image Annotator into one form: regions.csv."""

import logging

from resnetcam.stage import logged

from resnetcam.dataset import DatasetReader
from resnetcam.errors import InputError
from resnetcam.layout import ANNOTATION_SCALE, LABEL_ATTRIBUTE
from resnetcam.regions import masks_for_images
from resnetcam.via import fit_for_csv, read_export, write_csv

with logged(snakemake):
    path, data = snakemake.input.export, DatasetReader(snakemake.input.data)
    export = read_export(path, strict=snakemake.params.strict)
    for problem in export.problems:
        logging.warning("row %d, %s: %s", problem.row, problem.filename, problem.message)
    kept, left_out = fit_for_csv(export)
    for name in left_out:
        logging.warning("%r: left out, since no test image has such a name", name)
    known = masks_for_images(
        kept,
        data.array("y_test"),
        data.class_names,
        *data.image_shape[:2],
        ANNOTATION_SCALE,
        LABEL_ATTRIBUTE,
    )
    # Here, since it would be late after a training of hours.
    if not len(known.masks):
        reasons = "; ".join(f"{p.filename}: {p.message}" for p in known.problems[:5])
        raise InputError(
            f"{path} holds no region that belongs to a test image, so there is nothing to score "
            f"maps with{': ' + reasons if reasons else ''}. Draw regions on the images of "
            f"results/{snakemake.wildcards.dataset}/annotate/, or set its `regions` to null."
        )
    write_csv(snakemake.output.regions, kept.regions, images=kept.images)
