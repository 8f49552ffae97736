"""Compute class activation maps over the test set: gradcam.h5."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.backends import runtime
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import read_predictions
from resnetcam.explain.cam import is_flat
from resnetcam.explain.class_choices import check_class_choices
from resnetcam.explain.maps import write_maps

with logged(snakemake):
    params = snakemake.params
    data = DatasetReader(snakemake.input.data)
    check_class_choices(params.settings["classes"], data.class_names)
    runtime.start(params.backend, params.device, "float32", snakemake.threads)
    from resnetcam.evaluation import classifier as evaluation
    from resnetcam.explain import explanation

    classifier = evaluation.load_classifier(Path(snakemake.input.model))
    logits, labels = read_predictions(snakemake.input.predictions, "test")
    groups = explanation.explain_test_set(
        classifier,
        data.array("x_test"),
        labels,
        logits.argmax(1),
        data.class_names,
        params.settings,
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
