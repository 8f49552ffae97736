"""Describe a run as an RO-Crate: ro-crate-metadata.json, and a copy of the workflow beside it."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.provenance.crate import CrateInputs, write_crate
from resnetcam.provenance.workflow_files import copy_workflow

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    target = Path(snakemake.output.metadata)
    copy_workflow(Path(params.root), Path(snakemake.output.workflow))
    write_crate(
        CrateInputs(
            dataset=snakemake.wildcards.dataset,
            folder=target.parent,
            data=Path(files.data),
            source=Path(files.source),
            report=Path(files.report),
            runs=list(map(Path, params.runs)),
            results=list(map(Path, files.results)),
            settings=params.settings,
            citation=params.citation,
            snakemake=params.snakemake,
        ),
        target,
    )
