"""What is to be trained, and everything that decides its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resnetcam.backends.runtime import Runtime
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.protocols import selected_on
from resnetcam.networks.description import Description


@dataclass(frozen=True)
class Plan:
    """What is to be trained, in the config's own terms.

    Attributes:
        model: ``family`` and ``depth``.
        recipe: its settings, defaults filled in.
        backend, precision: as asked for; ``Runtime`` says what became of them.
        code: a digest of what computes, see ``workflow.training_code``.
        writes: a digest of what writes the outputs.
    """

    model: dict[str, Any]
    recipe: dict[str, Any]
    protocol: str
    seed: int
    backend: str
    precision: str
    code: str
    writes: str = ""


def description_of(reader: DatasetReader) -> Description:
    """Return what travels with a model that is trained on a data set."""
    height, width, channels = reader.image_shape
    return Description(reader.class_names, height, width, channels, reader.fit)


def ingredients(reader: DatasetReader, plan: Plan, runtime: Runtime) -> dict[str, Any]:
    """Return everything that decides the trained weights, and whose are selected."""
    arrays = ["x_train", "y_train", *(f"{plan.protocol}/{name}" for name in ("train", "mean"))]
    choosing = {
        "validation": [f"{plan.protocol}/validation"],
        "test": ["x_test", "y_test"],
        "nothing": [],
    }
    arrays += choosing[selected_on(plan.protocol)]
    keys = ("model", "recipe", "protocol", "seed", "backend", "precision", "code")
    return {
        "data": {name: reader.sha256(name) for name in arrays},
        # They travel with the model.
        "description": description_of(reader)._asdict(),
        "versions": runtime.versions,
        **{key: getattr(plan, key) for key in keys},
    }


def decisive(ingredients: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the weights; whose are selected is decided after it."""
    recipe = {key: value for key, value in ingredients["recipe"].items() if key != "select"}
    return {**ingredients, "recipe": recipe}
