"""Draw what an annotation export holds: annotations/<export>.png."""

import json
from pathlib import Path

from resnetcam.stage import logged

from resnetcam.figures.annotations import annotation_summary

with logged(snakemake):
    summary = json.loads(Path(snakemake.input.summary).read_text(encoding="utf-8"))
    annotation_summary(snakemake.output.figure, summary)
