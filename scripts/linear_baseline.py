"""Measure what a linear classifier makes of the same images: baseline.json."""

from resnetcam.stage import logged

from resnetcam.dataset import DatasetReader
from resnetcam.files import write_json
from resnetcam.linear import linear_baseline

with logged(snakemake):
    data = DatasetReader(snakemake.input.data)
    arrays = [data.array(name) for name in ("x_train", "y_train", "x_test", "y_test")]
    write_json(snakemake.output.baseline, linear_baseline(*arrays, len(data.class_names)))
