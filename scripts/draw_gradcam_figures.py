"""Draw where the network looks, and how far that can be trusted."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.report.figure_names import GRADCAM_FIGURES
from resnetcam.report.figures import figures_of_maps
from resnetcam.report.figures.overlays import Look

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    names = ("data", "predictions", "maps", "faithfulness", "randomised", "randomisation")
    run = figures_of_maps.RunWithMaps(
        {name: files[name] for name in names} | {"regions": next(iter(files.regions), None)},
        Look(**params.look),
    )
    functions = {name: getattr(figures_of_maps, name) for name in GRADCAM_FIGURES}
    for name, draw in (functions | figures_of_maps.pages_of_classes()).items():
        draw(Path(snakemake.output[name]), run)
