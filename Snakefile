# Get CIFAR-10, subtract the mean image, train ResNet20, evaluate it, show where it looks.
# Settings: config.yaml. How to use it: README.md.

from snakemake.utils import min_version

min_version("9.27")


include: "rules/process.smk"


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/start.smk"
include: "rules/data.smk"
include: "rules/regions.smk"
include: "rules/training.smk"
include: "rules/explanation.smk"
include: "rules/report.smk"
include: "rules/finish.smk"
include: "rules/unknown.smk"


rule all:
    default_target: True
    input:
        reports(DATASET),
        annotations(DATASET),
