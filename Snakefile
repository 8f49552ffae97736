# Get CIFAR-10, subtract the mean image, train ResNet20, evaluate it, show where it looks.
# Settings: config.yaml. How to use it: README.md; from other folders and workflows: docs/reuse.md.

from snakemake.utils import min_version

min_version("9.27")


include: "rules/process.smk"


# The shipped one, and that of the working directory over it.
for path in CONFIG_FILES:

    configfile: path


include: "rules/common.smk"
include: "rules/wildcards.smk"


rule all:
    input:
        catalogue.targets(SETTINGS["dataset"]),


include: "rules/data.smk"
include: "rules/regions.smk"
include: "rules/training.smk"
include: "rules/explanation.smk"
include: "rules/report.smk"


if not IS_MODULE:

    include: "rules/start.smk"
    include: "rules/finish.smk"
    include: "rules/unknown.smk"
