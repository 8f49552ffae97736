"""Draw maps for the classes that the config names, beside those for the predicted class."""

from resnetcam.workflow.stage import logged

from resnetcam.data.dataset import DatasetReader
from resnetcam.explain.maps import default_group, read_maps
from resnetcam.report.figures.explained import read_explained
from resnetcam.report.figures.overlays import Look
from resnetcam.report.figures.side_by_side import side_by_side

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    data = DatasetReader(files.data)
    columns = {
        choice: read_maps(files.maps, default_group(files.maps, choice))
        for choice in ("predicted", *params.classes)
    }
    side_by_side(
        snakemake.output.gradcam_classes,
        read_explained(data, files.predictions, files.maps, next(iter(files.regions), None)),
        columns,
        data.class_names,
        Look(**params.look),
        count=len(data.class_names),
    )
