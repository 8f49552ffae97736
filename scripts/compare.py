"""Put the experiments of a dataset side by side: comparison.csv."""

from resnetcam.comparison import compare, files_of_run, read_run, write_comparison
from resnetcam.stage import logged

with logged(snakemake):
    runs = [read_run(files_of_run(folder)) for folder in snakemake.params.runs]
    write_comparison(snakemake.output.comparison, compare(runs, snakemake.params.experiments))
