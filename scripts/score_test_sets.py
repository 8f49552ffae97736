"""How well the network does on further test sets: test_sets.json."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

import numpy as np

from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import METRICS
from resnetcam.common.rows import Rows
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.predictions import read_predictions
from resnetcam.shift.scoring import scores_of_test_set
from resnetcam.shift.test_sets import read_test_set

with logged(snakemake):
    files = snakemake.input
    logits_of = logits_function(load_classifier(Path(files.model)))
    temperature = read_json(files.metrics, METRICS)["temperature"]
    own = read_predictions(Path(files.predictions), "test")
    scores = {}
    for path in map(Path, files.test_sets):
        images, labels, unreadable = read_test_set(path)
        logits = logits_of(Rows(images, np.arange(len(labels))))
        found = scores_of_test_set(logits, labels, *own, temperature)
        scores[path.stem] = found | {"unreadable": unreadable}
    write_json(snakemake.output.scores, scores)
