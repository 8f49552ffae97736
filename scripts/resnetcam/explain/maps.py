"""``gradcam.h5``: raw maps, in groups ``<method>/<layer>/<class choice>``."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnetcam.common import hdf5


class Maps(NamedTuple):
    """One group of ``gradcam.h5``.

    Attributes:
        maps: float32 (N, h, w), raw after the ReLU.
        class_index: unsigned integers (N,), the class that the map explains.
        image_index: uint32 (N,), positions in the test set, in rising order.
    """

    maps: NDArray[np.float32]
    class_index: NDArray[np.integer]
    image_index: NDArray[np.uint32]

    def of(self, images: NDArray[np.uint32]) -> "Maps":
        """Return the maps of some of these images alone, by their positions in the test set."""
        rows = np.searchsorted(self.image_index, images)
        return Maps(self.maps[rows], self.class_index[rows], self.image_index[rows])


class GroupName(NamedTuple):
    """What a group's maps are of.

    Attributes:
        method: such as ``gradcam``.
        layer: a layer's full name.
        choice: ``predicted``, ``true``, or the name of a class.
    """

    method: str
    layer: str
    choice: str


def write_maps(path: Path, groups: dict[GroupName, Maps]) -> None:
    """Write groups to one file, whose attribute ``groups`` keeps their order."""
    with hdf5.writing(path) as file:
        file.attrs["groups"] = ["/".join(name) for name in groups]
        for name, group in groups.items():
            for field, values in group._asdict().items():
                file.create_dataset(f"{'/'.join(name)}/{field}", data=values, track_times=False)


def group_names(path: str | Path) -> list[GroupName]:
    """Name the groups of a file, in their order."""
    with hdf5.reading(path) as file:
        names = [GroupName(*name.split("/", 2)) for name in file.attrs["groups"]]
        if not names:
            raise ValueError("it holds no maps")
    return names


def default_group(path: str | Path, choice: str) -> GroupName:
    """Name the group of the first method and layer, which has all images, for a class choice."""
    return group_names(path)[0]._replace(choice=choice)


def read_maps(path: str | Path, group: GroupName) -> Maps:
    """Read one group by its name."""
    with hdf5.reading(path) as file:
        name = "/".join(group)
        maps = Maps(
            hdf5.array(file, f"{name}/maps", "f", 3),
            hdf5.array(file, f"{name}/class_index", "iu", 1),
            hdf5.array(file, f"{name}/image_index", "iu", 1),
        )
        if len({len(values) for values in maps}) > 1:
            raise ValueError(f"the arrays of {name} have unequal lengths")
    return maps


def read_image_index(path: str | Path, group: GroupName) -> NDArray[np.uint32]:
    """Read of which test images a group has maps: uint32 (N,)."""
    with hdf5.reading(path) as file:
        found: NDArray[np.uint32] = hdf5.array(file, f"{'/'.join(group)}/image_index", "iu", 1)
    return found
