"""Measure what a linear classifier makes of the same images: baseline.json, baseline.h5."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.linear_baseline import linear_baseline, write_classifier

with logged(snakemake):
    data = DatasetReader(snakemake.input.data)
    arrays = (
        *(data.rows("x_train"), data.array("y_train")),
        *(data.rows("x_test"), data.array("y_test")),
    )
    classifier, scores = linear_baseline(*arrays, len(data.class_names))
    write_classifier(Path(snakemake.output.weights), classifier)
    write_json(snakemake.output.baseline, scores)
