"""Predict test, validation and training set with the saved model, and count: metrics.json."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation import predictions
from resnetcam.evaluation.classes import scores_of_classes, write_scores_of_classes
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.training.history import read_own_history

with logged(snakemake):
    settings = snakemake.params.settings
    data = DatasetReader(snakemake.input.data)
    logits_of = logits_function(load_classifier(Path(snakemake.input.model)))
    split = data.split(settings["protocol"])
    sets = {"test": (data.rows("x_test"), data.array("y_test"))}
    for name, index in (("validation", split.validation), ("training", split.train)):
        sets[name] = (data.rows("x_train", index), data.array("y_train")[index])
    predicted = {name: (logits_of(images), labels) for name, (images, labels) in sets.items()}
    predictions.write_predictions(Path(snakemake.output.predictions), predicted)
    history = read_own_history(snakemake.input.history)
    logits, labels = predicted["test"]
    counts = predictions.confusion_matrix(labels, logits.argmax(1), len(data.class_names))
    predictions.write_confusions(Path(snakemake.output.confusions), counts, data.class_names)
    predictions.write_mistakes(
        Path(snakemake.output.mistakes), logits, labels, data.class_names, data.test_files()
    )
    classes = scores_of_classes(counts, data.class_names)
    write_scores_of_classes(Path(snakemake.output.classes), classes)
    metrics = predictions.metrics(
        logits,
        labels,
        history,
        settings["protocol"],
        settings["select"],
        predicted["validation"],
        logits_of(sets["test"][0], flipped=True) if settings["flip"] else None,
    )
    write_json(snakemake.output.metrics, metrics)
