"""Draw what an annotation export holds: annotations/<export>.png."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import ANNOTATIONS
from resnetcam.report.figures.annotations import annotation_summary

with logged(snakemake):
    summary = read_json(snakemake.input.summary, ANNOTATIONS)
    annotation_summary(snakemake.output.figure, summary)
