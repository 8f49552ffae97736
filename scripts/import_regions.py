"""Read drawn regions into one form, and say which of them are used: regions.csv."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.errors import InputError
from resnetcam.data.dataset import DatasetReader
from resnetcam.regions.export import problem_lines
from resnetcam.regions.on_images import describe_use, masks_for_images
from resnetcam.regions.via import read_export
from resnetcam.regions.via_files import fit_for_csv, write_csv

with logged(snakemake):
    path, data = snakemake.input.export, DatasetReader(snakemake.input.data)
    export = read_export(path, strict=snakemake.params.strict)
    for line in problem_lines(export.problems):
        logging.warning("%s", line)
    known = masks_for_images(export, data.array("y_test"), data.class_names, data.image_shape[:2])
    use, *doubts = describe_use(export, known)
    logging.info("%s: %s", path, use)
    for line in doubts:
        logging.warning("%s", line)
    # Here, since it would be late after a training of hours.
    if not len(known.masks):
        reasons = "; ".join(problem_lines(known.problems)[:5])
        kit = Path(snakemake.output.regions).with_name("annotate")
        dataset = f"datasets.{snakemake.wildcards.dataset}"
        raise InputError(
            f"{path} holds no region that belongs to a test image, so there is nothing to score "
            f"maps with{': ' + reasons if reasons else ''}. Draw regions on the images of {kit}/ "
            f"({dataset}.annotate_images says how many to put there), or set {dataset}.regions to "
            "null."
        )
    kept = fit_for_csv(export)  # what it leaves out is no test image
    write_csv(snakemake.output.regions, kept.regions, images=kept.images)
