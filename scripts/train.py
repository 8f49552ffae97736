"""Train one network, or restore the results of a training that was finished before."""

from dataclasses import replace
from pathlib import Path

from resnetcam.workflow.network_stage import logged, started

from resnetcam.training import session
from resnetcam.training.plan import Plan
from resnetcam.workflow.deployment import description

with logged(snakemake):
    params = snakemake.params
    runtime = replace(started(snakemake), environment=description(params.deployment))
    plan = Plan(
        **params.plan,
        backend=params.backend,
        precision=params.precision,
        code=params.code["computes"],
        writes=params.code["writes"],
    )
    session.train(
        Path(snakemake.input.data),
        plan,
        runtime,
        Path(params.state).expanduser(),
        {Path(path).name: Path(path) for path in snakemake.output},
    )
