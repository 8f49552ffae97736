"""Write a page to look through the test images, with what each network says of them."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.data.dataset import DatasetReader
from resnetcam.explorer.gathering import read_subject
from resnetcam.explorer.page import write_page
from resnetcam.report.figures.overlays import Look

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    subject = read_subject(
        DatasetReader(files.data),
        [Path(path) for path in files.predictions],
        [Path(path) for path in files.maps],
        [Path(path) for path in files.candidates],
        Path(files.regions[0]) if files.regions else None,
    )
    write_page(
        Path(snakemake.output.page),
        Path(params.folder_of_texts),
        snakemake.wildcards.dataset,
        subject,
        Look(**params.look),
    )
