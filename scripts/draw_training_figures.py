"""Draw learning curves, confusion matrix and mean image of one run."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.report.figure_names import TRAINING_FIGURES
from resnetcam.report.figures import figures_of_training

with logged(snakemake):
    names = ("data", "history", "run", "metrics", "predictions", "published")
    run = figures_of_training.TrainedRun(
        {name: snakemake.input[name] for name in names}, snakemake.params.protocol
    )
    for name in TRAINING_FIGURES:
        getattr(figures_of_training, name)(Path(snakemake.output[name]), run)
