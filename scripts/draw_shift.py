"""Draw how well the network does on corrupted images, and what these look like."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import SHIFT
from resnetcam.data.dataset import DatasetReader
from resnetcam.report.figures.shift import corrupted_images
from resnetcam.shift.examples import read_example

with logged(snakemake):
    files = snakemake.input
    corrupted_images(
        snakemake.output.shift,
        read_json(files.scores, SHIFT),
        read_example(files.example),
        DatasetReader(files.data).class_names,
    )
