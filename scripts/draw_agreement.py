"""Draw how the maps of the same image agree from seed to seed: agreement.png."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import AGREEMENT
from resnetcam.data.dataset import DatasetReader
from resnetcam.explain.maps import default_group, read_maps
from resnetcam.explain.table_of_agreement import read_agreement
from resnetcam.report.figures.agreement import agreement_of_seeds
from resnetcam.report.figures.overlays import Look

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    data = DatasetReader(files.data)
    scores = read_json(files.scores, AGREEMENT)
    images, of_images = read_agreement(Path(files.table))
    agreement_of_seeds(
        snakemake.output.figure,
        data.rows("x_test", images),
        images,
        [data.class_names[label] for label in data.array("y_test")[images]],
        {
            seed: read_maps(path, default_group(path, "true")).of(images).maps
            for seed, path in zip(scores["seeds"], files.maps, strict=True)
        },
        of_images,
        scores,
        Look(**params.look),
    )
