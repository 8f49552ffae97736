"""The figures of a run's training and accuracy, a function for each; ``figure_names`` lists them.

A new figure is a function here, of the same arguments, and a line there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import METRICS, PROVENANCE
from resnetcam.data.dataset import DatasetReader
from resnetcam.data.official_or_not import dataset_compared_with_official
from resnetcam.evaluation import predictions
from resnetcam.recipe.resizing import small_epochs_of
from resnetcam.report.figures import calibration, training
from resnetcam.report.figures import confused_pairs as pairs
from resnetcam.training.history import read_history, read_own_history


@dataclass(frozen=True)
class TrainedRun:
    """What the figures are drawn from.

    Attributes:
        files: paths by name: ``data``, ``history``, ``run``, ``metrics``, ``predictions``; and
            ``published``, a log to draw beside, or nothing.
        protocol: of the run.
    """

    files: Mapping[str, Any]
    protocol: str

    @cached_property
    def data(self) -> DatasetReader:
        return DatasetReader(self.files["data"])

    @cached_property
    def metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.files["metrics"], METRICS)
        return found


def learning_curves(path: Path, run: TrainedRun) -> None:
    """Loss, accuracy and learning rate of each epoch, beside a published log if there is one."""
    files = run.files
    official = dataset_compared_with_official(run.data).official
    training.learning_curves(
        path,
        read_own_history(files["history"]),
        run.metrics["selected_epoch"],
        run.metrics["selected_on"],
        read_history(files["published"]) if files["published"] else None,
        "" if official else "other images: not comparable",
        small_epochs=small_epochs_of(read_json(files["run"], PROVENANCE)["ingredients"]["recipe"]),
    )


def confusion_matrix(path: Path, run: TrainedRun) -> None:
    """What the test images of each class are taken for."""
    names = run.data.class_names
    logits, labels = predictions.read_predictions(run.files["predictions"], "test")
    counts = predictions.confusion_matrix(labels, logits.argmax(1), len(names))
    training.confusion_matrix(path, counts, names, run.metrics["selected_on"])


def confused_pairs(path: Path, run: TrainedRun) -> None:
    """The classes that are taken for each other most often, with images of both."""
    logits, labels = predictions.read_predictions(run.files["predictions"], "test")
    images, names = run.data.rows("x_test"), run.data.class_names
    pairs.confused_pairs(path, images, labels, logits, names)


def reliability(path: Path, run: TrainedRun) -> None:
    """How far the network's probabilities can be believed."""
    logits, labels = predictions.read_predictions(run.files["predictions"], "test")
    calibration.reliability(path, logits, labels, run.metrics["temperature"])


def mean_image(path: Path, run: TrainedRun) -> None:
    """The mean training image, which the model subtracts."""
    split = run.data.split(run.protocol)
    training.mean_image(path, split.mean, len(split.train))
