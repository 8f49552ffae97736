"""Compute class activation maps over the test set: gradcam.h5."""

import logging
from pathlib import Path

from resnetcam.workflow.network_stage import logged

from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.predictions import read_predictions
from resnetcam.explain.class_choices import check_class_choices
from resnetcam.explain.display import is_flat
from resnetcam.explain.explanation import MapSettings, explain_test_set
from resnetcam.explain.maps import write_maps

with logged(snakemake):
    settings = MapSettings(**snakemake.params.settings)
    data = DatasetReader(snakemake.input.data)
    check_class_choices(settings.classes, data.class_names)
    logits, labels = read_predictions(snakemake.input.predictions, "test")
    groups = explain_test_set(
        load_classifier(Path(snakemake.input.model)),
        data.rows("x_test"),
        labels,
        logits.argmax(1),
        data.class_names,
        settings,
    )
    write_maps(Path(snakemake.output.maps), groups)
    flat = sum(int(is_flat(group.maps).sum()) for group in groups.values())
    total = sum(len(group.maps) for group in groups.values())
    logging.info(
        "%d groups of maps (method, layer, class): %s maps, %s of them flat",
        len(groups),
        f"{total:,}",
        f"{flat:,}",
    )
