"""How well the network does on corrupted test images: shift.json, shift.csv, shift.h5."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import METRICS
from resnetcam.common.sample import sample
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.linear_baseline import read_classifier
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.shift.examples import write_example
from resnetcam.shift.measuring import ask, example
from resnetcam.shift.scoring import scores_of_corruptions, write_scores

with logged(snakemake):
    files, made = snakemake.input, snakemake.output
    data = DatasetReader(files.data)
    labels = data.array("y_test")
    chosen = sample(len(labels), snakemake.params.settings["images"])
    images, numbers, labels = data.rows("x_test", chosen), chosen.tolist(), labels[chosen]
    logits_of = logits_function(load_classifier(Path(files.model)))
    answers = ask(images, numbers, logits_of, read_classifier(files.baseline).classes)
    temperature = read_json(files.metrics, METRICS)["temperature"]
    scores = scores_of_corruptions(*answers, labels, temperature)
    write_example(Path(made.example), example(images, numbers, labels, *answers))
    write_scores(Path(made.table), scores)
    write_json(made.scores, scores)
