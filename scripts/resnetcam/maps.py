"""``gradcam.h5``: raw maps, a group ``<method>/<layer>/<class choice>`` each."""

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from resnetcam.files import replacing


class Maps(NamedTuple):
    """One group of ``gradcam.h5``.

    Attributes:
        maps: float32 (N, h, w), raw after the ReLU.
        class_index: uint8 (N,), the class that the map explains.
        image_index: uint32 (N,), positions in the test set.
    """

    maps: NDArray[np.float32]
    class_index: NDArray[np.uint8]
    image_index: NDArray[np.uint32]


def group_name(method: str, layer: str, choice: str) -> str:
    """Name the group of a method, a layer and a class choice (predicted, true, a class name)."""
    return f"{method}/{layer}/{choice}"


def write_maps(path: Path, groups: dict[str, Maps]) -> None:
    """Write ``gradcam.h5``; its attribute ``default`` names the method and layer of all images."""
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["default"] = next(iter(groups)).rpartition("/")[0]
        for name, group in groups.items():
            for field, values in group._asdict().items():
                file.create_dataset(f"{name}/{field}", data=values, track_times=False)


def default_group(path: str | Path, choice: str) -> str:
    """Name the group of the default method and layer for a class choice."""
    with h5py.File(path, "r") as file:
        return f"{file.attrs['default']}/{choice}"


def read_maps(path: Path, group: str) -> Maps:
    """Read one group by its name."""
    with h5py.File(path, "r") as file:
        return Maps(*(file[group][field][()] for field in Maps._fields))
