"""The files that images come from, for messages and tables; only a person's own images have any."""

from pathlib import Path

from resnetcam.common import hdf5


def train_files(data: Path) -> list[str]:
    """Name the file of each image in ``x_train``; empty where images are of no files.

    Raises:
        DamagedFileError: if it is no ``data.h5``.
    """
    with hdf5.reading(data) as file:
        stored = file["train_files"][()] if "train_files" in file else []
    return [bytes(name).decode("utf-8", "surrogateescape") for name in stored]
