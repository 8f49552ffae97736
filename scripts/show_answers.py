"""Write a table of answers, and a page with each image and its map."""

import logging
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.prediction.page import write_page
from resnetcam.prediction.stored import read_answers, read_new_images
from resnetcam.prediction.table import in_words, write_table
from resnetcam.prediction.trust import files_beside, temperature_of, what_is_measured
from resnetcam.report.figures.overlays import Look

MOST_LINES = 20

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    images = read_new_images(Path(files.images))
    metrics, faithfulness = files_beside(Path(params.model))
    answers = read_answers(Path(files.answers))._replace(temperature=temperature_of(metrics))
    write_table(Path(snakemake.output.table), images, answers)
    write_page(
        Path(snakemake.output.page),
        Path(params.folder_of_texts),
        params.title,
        images,
        answers,
        what_is_measured(metrics, faithfulness),
        Look(**params.look),
    )
    lines = in_words(images, answers)
    for line in lines[:MOST_LINES]:
        logging.info("%s", line)
    if len(lines) > MOST_LINES:
        logging.info("and %d more, in %s", len(lines) - MOST_LINES, snakemake.output.table)
