"""Check the class choices of maps against the data set's classes: class_choices/."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.dataset import DatasetReader
from resnetcam.explain.class_choices import check_class_choices

with logged(snakemake):
    choices = list(snakemake.params.classes)
    check_class_choices(choices, DatasetReader(snakemake.input.data).class_names)
    write_json(snakemake.output.choices, choices)
