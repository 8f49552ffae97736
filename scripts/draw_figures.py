"""Draw the figures of one run."""

import json
from pathlib import Path

from resnetcam import figures
from resnetcam.dataset import DatasetReader
from resnetcam.history import read_history
from resnetcam.layout import ANNOTATION_SCALE, LABEL_ATTRIBUTE
from resnetcam.maps import default_group, read_maps
from resnetcam.predictions import confusion_matrix, read_predictions
from resnetcam.regions import masks_for_images
from resnetcam.stage import logged
from resnetcam.via import read_export

with logged(snakemake):
    params, files, output = snakemake.params, snakemake.input, snakemake.output
    data = DatasetReader(files.data)
    images, names = data.array("x_test"), data.class_names
    logits, labels = read_predictions(files.predictions, "test")
    metrics = json.loads(Path(files.metrics).read_text())
    published = read_history(files.published) if files.published else None
    official = json.loads(Path(files.archive).read_text())["official"]
    figures.learning_curves(
        output.learning_curves,
        read_history(files.history),
        metrics["selected_epoch"],
        metrics["selected_on"],
        published,
        "" if official else "other images: not comparable",
    )
    counts = confusion_matrix(labels, logits.argmax(1), len(names))
    figures.confusion_matrix(output.confusion_matrix, counts, names)
    split = data.split(params.protocol)
    figures.mean_image(output.mean_image, split.mean, len(split.train))

    regions = None
    if files.regions:
        export = read_export(files.regions[0])
        height, width = data.image_shape[:2]
        known = masks_for_images(
            export, labels, names, height, width, ANNOTATION_SCALE, LABEL_ATTRIBUTE
        )
        regions = (known.image_index, known.masks)
    predicted, true = (
        read_maps(files.maps, default_group(files.maps, choice)) for choice in ("predicted", "true")
    )
    explained = figures.gather_explained(images, labels, logits, predicted, true, regions)
    for correct, path in ((True, output.gradcam_correct), (False, output.gradcam_misclassified)):
        figures.gradcam_examples(
            path,
            explained,
            names,
            correct=correct,
            colormap=params.settings["colormap"],
            alpha=params.settings["overlay"],
        )
