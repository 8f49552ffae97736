"""The figures of a run's maps, a function for each; ``figure_names`` lists them.

A new figure is a function here, of the same arguments, and a line there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resnetcam.common.files import read_json
from resnetcam.common.json_shapes import FAITHFULNESS, RANDOMISATION
from resnetcam.common.wording import counted
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.predictions import confusion_matrix
from resnetcam.explain.maps import GroupName, Maps, default_group, group_names, read_maps
from resnetcam.report.figure_names import CLASS_PAGES
from resnetcam.report.figures import examples, side_by_side, trust
from resnetcam.report.figures.canvas import draw_message
from resnetcam.report.figures.class_pages import class_page
from resnetcam.report.figures.explained import Explained, read_explained
from resnetcam.report.figures.overlays import Look
from resnetcam.report.figures.shown_classes import most_mistaken
from resnetcam.report.titles import title


@dataclass(frozen=True)
class RunWithMaps:
    """What the figures are drawn from; each part is read when a figure first asks for it.

    Attributes:
        files: paths by name: ``data``, ``predictions``, ``maps``, ``faithfulness``, ``randomised``,
            ``randomisation``; and ``regions``, or None.
        look: of the overlays.
    """

    files: Mapping[str, str | None]
    look: Look

    @cached_property
    def data(self) -> DatasetReader:
        return DatasetReader(self._path("data"))

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names

    @cached_property
    def explained(self) -> Explained:
        """Test images with what the network says of them, and their default maps."""
        paths = (self._path("predictions"), self._path("maps"))
        return read_explained(self.data, *paths, self.files["regions"])

    @cached_property
    def default(self) -> GroupName:
        """The default method at the default layer, for the predicted class."""
        return default_group(self._path("maps"), "predicted")

    def draw_class(self, path: Path, number: int) -> None:
        """Draw the page of a class, counted among those that have one."""
        counts = confusion_matrix(
            self.explained.labels, self.explained.predictions, len(self.class_names)
        )
        paged = most_mistaken(counts, len(CLASS_PAGES))
        if number < len(paged):
            class_page(path, int(paged[number]), self.explained, self.class_names, self.look)
        else:
            classes = counted(len(paged), "class", "classes")
            draw_message(path, f"There is no page {number}: the dataset has {classes}.")

    def maps(self, name: GroupName) -> Maps:
        return read_maps(self._path("maps"), name)

    def of_predicted_class(self) -> list[GroupName]:
        """The groups of maps for the predicted class, in the order of the file."""
        return [name for name in group_names(self._path("maps")) if name.choice == "predicted"]

    def scores(self, name: str, shape: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self._path(name), shape)
        return found

    def randomised(self) -> list[Maps]:
        """Maps of the network after each part was drawn anew."""
        path = self._path("randomised")
        return [read_maps(path, name) for name in group_names(path)]

    def _path(self, name: str) -> str:
        path = self.files[name]
        assert path is not None, name
        return path


def gradcam_correct(path: Path, run: RunWithMaps) -> None:
    """Maps of correctly classified images."""
    examples.correct_examples(path, run.explained, run.class_names, run.look)


def gradcam_misclassified(path: Path, run: RunWithMaps) -> None:
    """Maps of misclassified images."""
    examples.misclassified_examples(path, run.explained, run.class_names, run.look)


def gradcam_confidently_wrong(path: Path, run: RunWithMaps) -> None:
    """Maps of the images that are misclassified most confidently."""
    examples.confidently_wrong(path, run.explained, run.class_names, run.look)


def gradcam_layers(path: Path, run: RunWithMaps) -> None:
    """The same images at several layers, the first layer first."""
    by_layer = {
        name.layer: run.maps(name)
        for name in reversed(run.of_predicted_class())
        if name.method == run.default.method
    }
    side_by_side.side_by_side(path, run.explained, by_layer, run.class_names, run.look)


def gradcam_methods(path: Path, run: RunWithMaps) -> None:
    """The same images by several methods."""
    by_method = {
        title(name.method): run.maps(name)
        for name in run.of_predicted_class()
        if name.layer == run.default.layer
    }
    side_by_side.side_by_side(path, run.explained, by_method, run.class_names, run.look)


def gradcam_class_means(path: Path, run: RunWithMaps) -> None:
    """The mean map of each class."""
    true = run.maps(run.default._replace(choice="true"))
    labels, size = run.data.array("y_test"), run.data.image_shape[:2]
    side_by_side.class_means(path, labels, true, size, run.class_names, run.look.colormap)


def faithfulness(path: Path, run: RunWithMaps) -> None:
    """How probabilities follow what is covered and uncovered."""
    trust.faithfulness_curves(path, run.scores("faithfulness", FAITHFULNESS))


def randomisation(path: Path, run: RunWithMaps) -> None:
    """What is left of the maps when weights are drawn anew."""
    scores = run.scores("randomisation", RANDOMISATION)
    trust.randomisation_cascade(
        path, run.explained, scores, run.randomised(), run.class_names, run.look
    )


def pages_of_classes() -> dict[str, Callable[[Path, RunWithMaps], None]]:
    """A function for each page of a class, by the page's name."""

    def page(number: int) -> Callable[[Path, RunWithMaps], None]:
        return lambda path, run: run.draw_class(path, number)

    return {name: page(number) for number, name in enumerate(CLASS_PAGES)}
