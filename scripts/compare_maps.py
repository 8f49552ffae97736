"""Compare the maps of the seeds of an experiment: agreement.json and agreement.csv."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.explain.agreement import compare_seeds
from resnetcam.explain.seeds import read_seeds
from resnetcam.explain.table_of_agreement import write_agreement

with logged(snakemake):
    files, output = snakemake.input, snakemake.output
    seeds = read_seeds(list(map(Path, files.maps)), list(map(Path, files.randomised)))
    scores, of_images = compare_seeds(seeds.maps, seeds.randomised, seeds.right)
    write_agreement(Path(output.table), seeds.images, of_images, seeds.right)
    about = {"seeds": snakemake.params.seeds, "layer": seeds.layer, "choice": "true"}
    write_json(output.scores, about | scores)
