"""Train one network, or give back the results of a training that was finished before."""

from dataclasses import replace
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.backends import runtime
from resnetcam.workflow.deployment import description

with logged(snakemake):
    params = snakemake.params
    started = runtime.start(
        params.plan["backend"], params.device, params.plan["precision"], snakemake.threads
    )
    started = replace(started, environment=description(params.deployment))
    from resnetcam.training.session import Plan, train

    plan = Plan(**params.plan, code=params.code)
    train(
        Path(snakemake.input.data),
        plan,
        started,
        Path(params.state).expanduser(),
        {Path(path).name: Path(path) for path in snakemake.output},
    )
