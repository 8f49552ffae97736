"""Compute class activation maps over the test set: gradcam.h5."""

import logging
from pathlib import Path

from resnetcam.stage import logged

import numpy as np

from resnetcam.backends import runtime
from resnetcam.contents import CLASS_CHOICES
from resnetcam.dataset import DatasetReader
from resnetcam.files import read_json
from resnetcam.maps import write_maps
from resnetcam.predictions import read_predictions

with logged(snakemake):
    params = snakemake.params
    runtime.start(params.backend, params.device, "float32", snakemake.threads)
    from resnetcam import evaluation, explanation

    data = DatasetReader(snakemake.input.data)
    classifier = evaluation.load_classifier(Path(snakemake.input.model))
    logits, labels = read_predictions(snakemake.input.predictions, "test")
    groups = explanation.explain_test_set(
        classifier,
        data.array("x_test"),
        labels,
        logits.argmax(1),
        data.class_names,
        params.settings | {"classes": read_json(snakemake.input.choices, CLASS_CHOICES)},
    )
    write_maps(Path(snakemake.output.maps), groups)
    for name, group in groups.items():
        flat = int((~np.any(group.maps, (1, 2))).sum())
        logging.info(
            "%s: %d maps, %d without positive evidence", "/".join(name), len(group.maps), flat
        )
