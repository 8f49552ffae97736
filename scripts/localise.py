"""Score where the maps point against the known regions: localisation.json."""

from pathlib import Path

import numpy as np

from resnetcam.dataset import DatasetReader
from resnetcam.errors import InputError
from resnetcam.files import write_json
from resnetcam.layout import ANNOTATION_SCALE, LABEL_ATTRIBUTE
from resnetcam.localisation import score
from resnetcam.maps import default_group, read_maps
from resnetcam.regions import masks_for_images
from resnetcam.stage import logged
from resnetcam.via import read_export

with logged(snakemake):
    data = DatasetReader(snakemake.input.data)
    labels = data.array("y_test")
    known = masks_for_images(
        read_export(snakemake.input.regions),
        labels,
        data.class_names,
        *data.image_shape[:2],
        ANNOTATION_SCALE,
        LABEL_ATTRIBUTE,
    )
    if not len(known.masks):
        reasons = "; ".join(f"{p.filename}: {p.message}" for p in known.problems[:5])
        raise InputError(
            f"{snakemake.input.regions} holds no region that belongs to a test image, so there is "
            f"nothing to score{': ' + reasons if reasons else ''}. Draw regions on the images of "
            f"results/{snakemake.wildcards.dataset}/annotate/, or set its `regions` to null."
        )
    name = default_group(snakemake.input.maps, "true")
    maps = read_maps(Path(snakemake.input.maps), name)
    rows = np.searchsorted(maps.image_index, known.image_index)
    problems = [f"{problem.filename}: {problem.message}" for problem in known.problems]
    scores = score(maps.maps[rows], known.masks) | {"group": name, "problems": problems}
    write_json(snakemake.output.scores, scores)
