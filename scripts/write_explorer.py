"""Write a page to look through the test images, with what each network says of them."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.data.dataset import DatasetReader
from resnetcam.explorer.content import Subject
from resnetcam.explorer.gathering import (
    numbers_with_all_maps,
    read_images,
    read_positions,
    read_run,
)
from resnetcam.explorer.page import write_page
from resnetcam.report.figures.overlays import Look

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    data = DatasetReader(files.data)
    maps = [Path(path) for path in files.maps]
    predictions = [Path(path) for path in files.predictions]
    images = read_images(
        data,
        Path(files.regions[0]) if files.regions else None,
        numbers_with_all_maps(maps),
    )
    candidates = {
        Path(path).parent.name: read_positions(Path(path), images.numbers, data.class_names)
        for path in files.candidates
    }
    runs = [read_run(*pair, images) for pair in zip(predictions, maps, strict=True)]
    write_page(
        Path(snakemake.output.page),
        Path(params.folder_of_texts),
        snakemake.wildcards.dataset,
        Subject(images, data.class_names, tuple(runs), candidates),
        Look(params.look["colormap"], params.look["overlay"]),
    )
