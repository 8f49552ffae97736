"""Check the class choices of maps against the data set's classes: class_choices.json."""

from resnetcam.stage import logged

from resnetcam.class_choices import check_class_choices
from resnetcam.dataset import DatasetReader
from resnetcam.files import write_json

with logged(snakemake):
    choices = list(snakemake.params.classes)
    check_class_choices(choices, DatasetReader(snakemake.input.data).class_names)
    write_json(snakemake.output.choices, choices)
