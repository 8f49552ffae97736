"""The frame of a stage that runs networks: that of every stage, and the backend's start.

A script imports this module in place of ``stage``, before any package: Keras reads its backend from
the environment when it is first imported, and the other imports of the script bring it.
"""

from typing import Any

from resnetcam.workflow.stage import failing_clearly, job, logged, start_logging

from resnetcam.backends import runtime

__all__ = ["logged", "started"]


def started(snakemake: Any) -> runtime.Runtime:
    """Return what this process was started with; start it, if this module did not yet.

    A rule's ``backend``, ``device`` and ``precision`` (float32 without one) say with what.
    """
    params = snakemake.params
    asked = (
        params.backend,
        params.device,
        getattr(params, "precision", "float32"),
        snakemake.threads,
    )
    if asked not in _started:
        _started[asked] = runtime.start(*asked)
    return _started[asked]


_started: dict[tuple[Any, ...], runtime.Runtime] = {}

if _job := job():
    with failing_clearly(_job):
        start_logging(_job)
        started(_job)
