"""The files that a training leaves: the model, what it is, its history, and where it came from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resnetcam.common.files import replacing, write_json
from resnetcam.networks.description import Description
from resnetcam.networks.saving import save_classifier
from resnetcam.training.history import write_history
from resnetcam.training.loop import Loop
from resnetcam.training.state import Checkpoint

OUTPUTS = ("model.keras", "model.json", "history.csv", "run.json")


def write_outputs(
    folder: Path,
    loop: Loop,
    state: Checkpoint,
    select: str,
    *,
    description: Description,
    fingerprint: str,
    ingredients: Mapping[str, Any],
) -> None:
    """Write ``OUTPUTS`` of a training that has ended into a folder.

    Args:
        state: after the last epoch.
        select: whose weights are saved, those of the ``best`` epoch or of the ``last`` one.
        description: what travels with the model.
        fingerprint, ingredients: of the training, for ``run.json``.
    """
    best = select == "best"
    machinery = loop.machinery
    machinery.classifier.set_weights(state.best_weights if best else state.weights)
    with replacing(folder / "model.keras") as temporary:
        save_classifier(machinery.classifier, temporary, description)
    write_json(folder / "model.json", description.as_json())
    with replacing(folder / "history.csv") as temporary:
        write_history(temporary, state.history)
    # What ended the training, and the hardware that it ended on: not what writes this.
    provenance = {**state.provenance, **state.hardware[-1]}
    provenance |= {
        "fingerprint": fingerprint,
        "ingredients": ingredients,
        "selected_epoch": state.best_epoch if best else state.epoch,
        "best_epoch": state.best_epoch or None,
        "resumed_after": state.resumed_after,
        "hardware": state.hardware,
        "training_images": len(loop.data.y),
        "parameters": machinery.network.count_params(),
    }
    write_json(folder / "run.json", provenance)
