"""What of the code a training depends on: no wording, no layout, no progress bar."""

from pathlib import Path

from resnetcam.workflow.code_digest import computation_digest

# What decides weights and history, and what writes them; all that these reach counts with them.
_COMPUTES = (
    "resnetcam.training.loop.build",
    "resnetcam.training.loop.begin",
    "resnetcam.training.loop.best_after",
    "resnetcam.training.plan.Plan",
    "resnetcam.training.session.load",
    "resnetcam.backends.runtime.set_what_decides_numbers",
    "resnetcam.backends.runtime.resolved_precision",
)
_WRITES = ("resnetcam.training.outputs.write_outputs",)


def training_code(
    script: Path,
    backend: str,
    *,
    family: str,
    optimizer: str,
    schedule: str,
    memory: str | Path | None = None,
) -> dict[str, str]:
    """Return digests of the code that a training computes with, and of what writes its files.

    The first is part of a training's fingerprint: another one trains anew. Where only the second
    differs, the files are written anew from the state, in seconds.

    Args:
        script: the stage's, beside the library; what stands in it counts as writing.
        family, optimizer, schedule: of the plan; others do not count.
    """
    without = other_backends(backend)
    members = {
        "resnetcam.recipe.optimizers": [optimizer],
        "resnetcam.recipe.schedules": [schedule],
        "resnetcam.networks.families": [family],
    }
    computes = (*_COMPUTES, f"resnetcam.backends.on_{backend}.device.set_up")
    return {
        "computes": computation_digest(script.parent, computes, without, members, memory),
        "writes": computation_digest(script.parent, _WRITES, without, members, memory, script),
    }


def other_backends(backend: str) -> str:
    """Return what the paths of modules hold that a backend does not use."""
    return {"tensorflow": "backends/on_jax/", "jax": "backends/on_tensorflow/"}[backend]
