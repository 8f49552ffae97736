"""Put the experiments of a dataset side by side: comparison.csv and comparison.png."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import BASELINE
from resnetcam.data.chance import share_of_the_most_frequent_class
from resnetcam.data.dataset import DatasetReader
from resnetcam.report.comparison import (
    by_experiment,
    compare,
    files_of_run,
    read_run,
    write_comparison,
)
from resnetcam.report.figures.comparison import accuracy_against_cost, accuracy_of_one
from resnetcam.report.paired import beside_best

with logged(snakemake):
    files, output = snakemake.input, snakemake.output
    runs = [read_run(files_of_run(folder)) for folder in snakemake.params.runs]
    rows = compare(runs, snakemake.params.experiments)
    predictions = {
        name: [run.files.predictions for run in group]
        for name, group in by_experiment(runs).items()
    }
    beside_best(rows, predictions)
    write_comparison(output.comparison, rows)
    if len(rows) > 1:
        accuracy_against_cost(output.figure, rows)
    else:
        baselines = {
            "most frequent class": share_of_the_most_frequent_class(DatasetReader(files.data)),
            "linear classifier": read_json(files.baseline, BASELINE)["accuracy"],
        }
        seeds = {run.files.seed: run.metrics["accuracy"] for run in runs}
        accuracy_of_one(output.figure, rows[0], seeds, runs[0].metrics["n"], baselines)
