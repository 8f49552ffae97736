"""Put the experiments of a dataset side by side: comparison.csv, and accuracy against cost."""

from resnetcam.stage import logged

from resnetcam.comparison import compare, files_of_run, read_run, write_comparison
from resnetcam.figures.comparison import accuracy_against_cost

with logged(snakemake):
    runs = [read_run(files_of_run(folder)) for folder in snakemake.params.runs]
    rows = compare(runs, snakemake.params.experiments)
    write_comparison(snakemake.output.comparison, rows)
    accuracy_against_cost(snakemake.output.figure, rows)
