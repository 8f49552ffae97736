"""Draw learning curves, confusion matrix and mean image of one run."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import ARCHIVE, METRICS, PROVENANCE
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import confusion_matrix, read_predictions
from resnetcam.recipe.resizing import small_epochs
from resnetcam.report.figures import training
from resnetcam.training.history import read_history, read_own_history

with logged(snakemake):
    files, output = snakemake.input, snakemake.output
    data = DatasetReader(files.data)
    metrics = read_json(files.metrics, METRICS)
    recipe = read_json(files.run, PROVENANCE)["ingredients"]["recipe"]
    published = read_history(files.published) if files.published else None
    official = read_json(files.archive, ARCHIVE)["official"]
    training.learning_curves(
        output.learning_curves,
        read_own_history(files.history),
        metrics["selected_epoch"],
        metrics["selected_on"],
        published,
        "" if official else "other images: not comparable",
        small_epochs=small_epochs(recipe),
    )
    logits, labels = read_predictions(files.predictions, "test")
    counts = confusion_matrix(labels, logits.argmax(1), len(data.class_names))
    training.confusion_matrix(
        output.confusion_matrix, counts, data.class_names, metrics["selected_on"]
    )
    split = data.split(snakemake.params.protocol)
    training.mean_image(output.mean_image, split.mean, len(split.train))
