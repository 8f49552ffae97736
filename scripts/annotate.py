"""Write what a person needs to draw regions: enlarged test images and a VIA project."""

from pathlib import Path

import numpy as np

from resnetcam.dataset import DatasetReader
from resnetcam.layout import ANNOTATION_SCALE, LABEL_ATTRIBUTE
from resnetcam.regions import write_annotation_kit
from resnetcam.stage import logged

with logged(snakemake):
    data = DatasetReader(snakemake.input.data)
    images, labels = data.array("x_test"), data.array("y_test")
    generator = np.random.Generator(np.random.Philox(key=[0, len(labels)]))
    # Only these are explained by every method.
    explained = min(snakemake.params.explained, len(labels))
    count = min(snakemake.params.settings["annotate_images"], explained)
    indices = np.sort(generator.choice(explained, count, replace=False))
    write_annotation_kit(
        Path(snakemake.output.project).parent,
        images[indices],
        indices,
        labels[indices],
        data.class_names,
        ANNOTATION_SCALE,
        LABEL_ATTRIBUTE,
    )
