"""Draw what an annotation export holds: annotations/<export>.png."""

from resnetcam.stage import logged

from resnetcam.contents import ANNOTATIONS
from resnetcam.figures.annotations import annotation_summary
from resnetcam.files import read_json

with logged(snakemake):
    summary = read_json(snakemake.input.summary, ANNOTATIONS)
    annotation_summary(snakemake.output.figure, summary)
