"""Predict the test and the validation set with the saved model, and count: metrics.json."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.backends import runtime
from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.training.history import read_own_history

with logged(snakemake):
    params = snakemake.params
    settings = params.settings
    runtime.start(params.backend, params.device, "float32", snakemake.threads)
    from resnetcam.evaluation import classifier as evaluation
    from resnetcam.evaluation import predictions

    data = DatasetReader(snakemake.input.data)
    logits_of = evaluation.logits_function(evaluation.load_classifier(Path(snakemake.input.model)))
    x_train, y_train = data.array("x_train"), data.array("y_train")
    held_out = data.split(settings["protocol"]).validation
    sets = {
        "test": (data.array("x_test"), data.array("y_test")),
        "validation": (x_train[held_out], y_train[held_out]),
    }
    predicted = {name: (logits_of(images), labels) for name, (images, labels) in sets.items()}
    predictions.write_predictions(Path(snakemake.output.predictions), predicted)
    history = read_own_history(snakemake.input.history)
    write_json(
        snakemake.output.metrics,
        predictions.metrics(*predicted["test"], history, settings["protocol"], settings["select"]),
    )
