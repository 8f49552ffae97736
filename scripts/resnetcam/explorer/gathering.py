"""What the page shows of test images and runs, read from their files."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.wording import shown
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.label_candidates import read_candidates
from resnetcam.evaluation.predictions import read_predictions, softmax
from resnetcam.explain.class_choices import extra_choices
from resnetcam.explain.maps import GroupName, group_names, read_image_index, read_maps
from resnetcam.explain.method import METHODS
from resnetcam.explorer.packing import Floats, coarse
from resnetcam.regions.on_images import masks_for_images
from resnetcam.regions.via import read_known_regions


class Group(NamedTuple):
    """Maps of one method at one layer, for one class choice or several."""

    method: str
    layer: str
    choices: tuple[str, ...]

    @property
    def knows_a_class(self) -> bool:
        """Whether maps of two classes differ."""
        return self.method not in METHODS or METHODS[self.method].knows_a_class


class RunOnPage(NamedTuple):
    """A trained network.

    Attributes:
        experiment, seed: which one it is.
        probabilities: float32 (N, C); predicted: (N,), the classes of the highest logits.
        maps: the file of its maps.
        groups: which of them are shown: the default method and layer first, then the other methods
            at that layer, then the default method at the other layers.
    """

    experiment: str
    seed: int
    probabilities: Floats
    predicted: NDArray[np.integer]
    maps: Path
    groups: tuple[Group, ...]

    @property
    def name(self) -> str:
        return f"{self.experiment}-seed{self.seed}"

    @property
    def default(self) -> Group:
        return self.groups[0]


class ImagesOnPage(NamedTuple):
    """Test images, N of them, and what is known of each.

    Attributes:
        numbers: (N,), positions in ``x_test``; of_all: how many there are.
        pixels: uint8 (N, H, W, 1 or 3); labels: (N,).
        files: the file of each; empty where images are of no files.
        region_of: (R,), the images whose regions are known; regions: bool (R, H, W).
    """

    numbers: NDArray[np.integer]
    of_all: int
    pixels: NDArray[np.uint8]
    labels: NDArray[np.integer]
    files: tuple[str, ...]
    region_of: NDArray[np.integer]
    regions: NDArray[np.bool_]

    def first(self, n: int) -> "ImagesOnPage":
        """Return the first n images alone."""
        inside = self.region_of < n
        return self._replace(
            numbers=self.numbers[:n],
            pixels=self.pixels[:n],
            labels=self.labels[:n],
            files=self.files[:n],
            region_of=self.region_of[inside],
            regions=self.regions[inside],
        )


class Subject(NamedTuple):
    """What is looked at.

    Attributes:
        images: test images; class_names: one name a class.
        runs: networks, in the order in which they are offered.
        candidates: of each experiment, whose labels are doubted (``read_positions``).
    """

    images: ImagesOnPage
    class_names: tuple[str, ...]
    runs: tuple[RunOnPage, ...]
    candidates: Mapping[str, Mapping[int, int]]

    def first(self, n: int) -> "Subject":
        """Return the first n images alone."""
        runs = [
            run._replace(probabilities=run.probabilities[:n], predicted=run.predicted[:n])
            for run in self.runs
        ]
        return self._replace(images=self.images.first(n), runs=tuple(runs))


def read_subject(
    data: DatasetReader,
    predictions: Sequence[Path],
    maps: Sequence[Path],
    candidates: Sequence[Path],
    regions: Path | None,
) -> Subject:
    """Read all but the maps of the test images that have every map.

    Args:
        predictions, maps: ``predictions.h5`` and ``gradcam.h5`` of each run, which lie in
            ``<experiment>/seed<k>/``.
        candidates: ``label_candidates.csv`` of each experiment.
        regions: an export of known regions, or None.

    Raises:
        DamagedFileError: if a file is not as it was written, or one is of other images.
    """
    images, names = read_images(data, regions, numbers_with_all_maps(maps)), data.class_names
    return Subject(
        images,
        names,
        tuple(read_run(*pair, images) for pair in zip(predictions, maps, strict=True)),
        {path.parent.name: read_positions(path, images.numbers, names) for path in candidates},
    )


def groups_on_page(path: Path) -> tuple[Group, ...]:
    """Name the maps of a ``gradcam.h5`` that are shown, the default ones first.

    A method that knows no class has one choice, the first.
    """
    names = group_names(path)
    default = names[0]
    choices: dict[tuple[str, str], list[str]] = {}
    for method, layer, choice in names:
        if method == default.method or layer == default.layer:
            choices.setdefault((method, layer), []).append(choice)
    groups = [Group(*key, tuple(found)) for key, found in choices.items()]
    groups = [g if g.knows_a_class else g._replace(choices=g.choices[:1]) for g in groups]
    return tuple(sorted(groups, key=lambda one: one.layer != default.layer))


def numbers_with_all_maps(maps: Iterable[Path]) -> NDArray[np.integer]:
    """Return which test images have every map that is shown, by every run: ascending.

    Raises:
        InputError: if there is none.
    """
    paths = list(maps)
    indices = [
        read_image_index(path, GroupName(group.method, group.layer, choice))
        for path in paths
        for group in groups_on_page(path)
        for choice in group.choices
    ]
    found = functools.reduce(np.intersect1d, indices)
    if not len(found):
        raise InputError(
            f"No test image has the maps of all methods in {', '.join(map(shown, paths))}. "
            "Remove these files, then the same command recreates them."
        )
    return found


def read_images(
    data: DatasetReader, regions: Path | None, numbers: NDArray[np.integer]
) -> ImagesOnPage:
    """Read test images, and their regions if a file of such is given."""
    labels, files = data.array("y_test"), data.test_files()
    region_of, masks = np.zeros(0, np.int64), np.zeros((0, *data.image_shape[:2]), bool)
    if regions:
        export = read_known_regions(regions)
        known = masks_for_images(export, labels, data.class_names, data.image_shape[:2])
        inside = np.isin(known.image_index, numbers)
        region_of = np.searchsorted(numbers, known.image_index[inside])
        masks = known.masks[inside]
    return ImagesOnPage(
        numbers,
        len(labels),
        data.rows("x_test", numbers)[:],
        labels[numbers],
        tuple(shown(files[number]) for number in numbers) if files else (),
        region_of,
        masks,
    )


def read_run(predictions: Path, maps: Path, images: ImagesOnPage) -> RunOnPage:
    """Read what a run, ``<experiment>/seed<k>/``, says of images.

    Raises:
        DamagedFileError: if its predictions are of other images.
    """
    logits, labels = read_predictions(predictions, "test")
    if len(labels) != images.of_all or (labels[images.numbers] != images.labels).any():
        raise DamagedFileError(predictions, "its test images are not those of data.h5")
    logits = logits[images.numbers]
    return RunOnPage(
        predictions.parent.parent.name,
        int(predictions.parent.name.removeprefix("seed")),
        softmax(logits),
        logits.argmax(1),
        maps,
        groups_on_page(maps),
    )


def read_positions(
    path: Path, numbers: NDArray[np.integer], class_names: Sequence[str]
) -> dict[int, int]:
    """Read whose labels are doubted: the suggested class, by the image's place on the page."""
    place = {number: position for position, number in enumerate(numbers.tolist())}
    found = read_candidates(path, class_names)
    return {place[number]: one for number, one in found.items() if number in place}


def classes_of(
    group: Group, run: RunOnPage, images: ImagesOnPage, class_names: Sequence[str]
) -> NDArray[np.integer]:
    """Return the class that each choice explains of each image: (R, N)."""
    named = extra_choices(group.choices)
    classes = {choice: np.full(len(images.labels), class_names.index(choice)) for choice in named}
    classes |= {"predicted": run.predicted, "true": images.labels}
    return np.stack([classes[choice].astype(np.int64) for choice in group.choices])


def read_group(
    group: Group, run: RunOnPage, images: ImagesOnPage, classes: NDArray[np.integer]
) -> tuple[Floats, tuple[int, int]]:
    """Read the maps of a group, of few cells, and the number of cells that they had.

    Args:
        classes: (R, N), as ``classes_of`` returns them.

    Returns:
        float32 (R, N, h, w), and (height, width).

    Raises:
        DamagedFileError: if they explain other classes.
    """
    found, cells = [], (0, 0)
    for choice, expected in zip(group.choices, classes, strict=True):
        maps, explained, index = read_maps(run.maps, GroupName(group.method, group.layer, choice))
        rows = np.searchsorted(index, images.numbers)
        if (explained[rows] != expected).any():
            name = f"{group.method}/{group.layer}/{choice}"
            raise DamagedFileError(run.maps, f"{name} is of other classes than the predictions say")
        cells = maps.shape[1], maps.shape[2]
        found.append(coarse(maps[rows]))
    return np.stack(found), cells
