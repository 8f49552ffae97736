"""Draw maps for the classes that the config names, beside those for the predicted class."""

from resnetcam.stage import logged

from resnetcam.dataset import DatasetReader
from resnetcam.figures.explained import read_explained
from resnetcam.figures.overlays import Look
from resnetcam.figures.side_by_side import side_by_side
from resnetcam.maps import default_group, read_maps

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
        Look(params.settings["colormap"], params.settings["overlay"]),
        count=len(data.class_names),
    )
