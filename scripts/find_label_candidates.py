"""Say which labels of an experiment's images look wrong, by what all of its seeds predict."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.label_candidates import read_sets, summary, write_candidates
from resnetcam.report.figures.label_candidates import label_candidates

with logged(snakemake):
    output, params = snakemake.output, snakemake.params
    data = DatasetReader(snakemake.input.data)
    predictions = list(map(Path, snakemake.input.predictions))
    sets = read_sets(data, predictions, params.protocol)
    write_candidates(Path(output.candidates), sets, data.class_names)
    write_json(output.summary, summary(sets, data.class_names, params.seeds))
    label_candidates(Path(output.figure), sets, data)
