# Get CIFAR-10, subtract the mean image, train ResNet20, evaluate it, show where it looks.
# Settings: config.yaml. How to use it: README.md; from other folders and workflows: docs/reuse.md.

from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

# This workflow's own folder, whether Snakemake was called with this file or another workflow uses it.
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
if not ROOT.is_dir():
    raise WorkflowError(
        "The workflow must lie on this machine, since its scripts import what lies beside them. Clone "
        "it, and name the Snakefile of the clone (docs/reuse.md)."
    )


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
include: "rules/seeds.smk"
include: "rules/explanation.smk"
include: "rules/shift.smk"
include: "rules/report.smk"
include: "rules/explorer.smk"
include: "rules/provenance.smk"
include: "rules/prediction.smk"


if not IS_MODULE:

    include: "rules/start.smk"
    include: "rules/finish.smk"
    include: "rules/unknown.smk"
