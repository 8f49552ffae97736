"""Write what a person needs to draw regions: enlarged test images and a VIA project."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.sample import sample
from resnetcam.data.dataset import DatasetReader
from resnetcam.regions.kit import write_annotation_kit

with logged(snakemake):
    data = DatasetReader(snakemake.input.data)
    labels = data.array("y_test")
    wanted = snakemake.params.settings["annotate_images"]
    # Of those that have maps by every method, which are the larger sample.
    indices = sample(len(labels), min(wanted, snakemake.params.explained))
    if len(indices) < wanted:
        logging.warning(
            "%d images instead of %d: there are maps by every method of so many (gradcam.images)",
            len(indices),
            wanted,
        )
    write_annotation_kit(
        Path(snakemake.output.readme).parent,
        data.rows("x_test")[indices],
        indices,
        labels[indices],
        data.class_names,
        dataset=snakemake.wildcards.dataset,
        regions_are_known=snakemake.params.regions_are_known,
    )
