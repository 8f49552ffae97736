"""Cover images by their maps and follow the network's probabilities: faithfulness.json."""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

import numpy as np

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.predictions import softmax
from resnetcam.explain.faithfulness import Classified, score
from resnetcam.explain.maps import default_group, group_names, read_maps

with logged(snakemake):
    params, files = snakemake.params, snakemake.input
    data = DatasetReader(files.data)
    logits_of = logits_function(load_classifier(Path(files.model)))
    default = default_group(files.maps, "predicted")
    names = [name for name in group_names(files.maps) if name[1:] == default[1:]]
    groups = {name.method: read_maps(files.maps, name) for name in names}
    n = min(params.settings["images"], len(groups[default.method].maps))
    classified = Classified(
        lambda images: softmax(logits_of(images)),
        data.array("x_test")[:n],
        data.split(params.settings["protocol"]).mean * np.float32(255),
        groups[default.method].class_index[:n],
    )
    maps = {method: group.maps[:n] for method, group in groups.items()}
    scores = score(classified, maps, params.settings["steps"])
    write_json(snakemake.output.scores, scores | {"layer": default.layer, "choice": "predicted"})
