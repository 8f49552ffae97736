"""How far maps can be trusted: cover the images by them, and randomise the network.

Writes faithfulness.json, randomised.h5 and randomisation.json.
"""

from pathlib import Path

from resnetcam.workflow.network_stage import logged

import numpy as np

from resnetcam.common.files import write_json
from resnetcam.common.sample import sample
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.evaluation.predictions import softmax
from resnetcam.explain import faithfulness, randomisation
from resnetcam.explain.maps import default_group, group_names, read_maps, write_maps

with logged(snakemake):
    settings, files = snakemake.params.settings, snakemake.input
    data = DatasetReader(files.data)
    classifier = load_classifier(Path(files.model))
    logits_of = logits_function(classifier)
    default = default_group(files.maps, "predicted")
    names = [name for name in group_names(files.maps) if name[1:] == default[1:]]
    groups = {name.method: read_maps(files.maps, name) for name in names}
    chosen = sample(len(groups[default.method].maps), settings["images"])
    groups = {method: group.of(chosen) for method, group in groups.items()}
    images = data.rows("x_test")[chosen]
    scores = faithfulness.score(
        faithfulness.Classified(
            lambda pictures: softmax(logits_of(pictures)),
            images,
            data.split(settings["protocol"]).mean * np.float32(255),
            groups[default.method].class_index,
        ),
        {method: group.maps for method, group in groups.items()},
        settings["steps"],
    )
    of_label = default._replace(choice="true")
    # Last, for it uses the classifier up.
    randomised, levels = randomisation.measure(
        classifier, images, read_maps(files.maps, of_label).of(chosen), of_label
    )
    write_maps(Path(snakemake.output.randomised), randomised)
    write_json(snakemake.output.levels, levels)
    write_json(
        snakemake.output.faithfulness,
        scores | {"layer": default.layer, "choice": default.choice},
    )
