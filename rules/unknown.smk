# Files that nothing makes, such as mistyped targets: told by name, with the nearest one.

import re

from snakemake.io import strip_wildcard_constraints

from resnetcam.settings.catalogue import names_below

PATTERNS = [pattern for one in workflow.rules for pattern in map(str, one.output)]
FILES_OF_RUNS = names_below("/seed{seed}/", map(strip_wildcard_constraints, PATTERNS))


rule unknown_file:
    input:
        lambda wildcards: catalogue.refuse(wildcards.experiment, wildcards.unknown, FILES_OF_RUNS),
    output:
        f"{RUN}/{{unknown}}",
    wildcard_constraints:
        unknown=rf"(?!(?:{'|'.join(map(re.escape, FILES_OF_RUNS))})$).+",


rule unknown_dataset:
    input:
        lambda wildcards: catalogue.dataset(wildcards.dataset),
    output:
        "results/{dataset}/source.json",
        "results/{dataset}/images.json",
        "results/{dataset}/data.h5",
    wildcard_constraints:
        dataset=rf"(?!(?:{'|'.join(map(re.escape, SETTINGS['datasets']))})/)[^/]+",
