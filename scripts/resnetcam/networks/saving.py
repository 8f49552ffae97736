"""Write ``model.keras``: the same bytes for the same network, whenever and wherever it is saved."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from resnetcam.networks.description import KEY, Description

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip archive can name


def save_classifier(
    classifier: keras.Model, path: Path, description: Description | None = None
) -> None:
    """Save a model as Keras does, without what differs from one saving to the next.

    Its description goes into the metadata, which Keras reads past.

    Keras notes the date, dates the members of the archive, and numbers objects that layers share,
    such as a dtype policy, by their addresses in memory. Plain ``keras.saving.load_model`` reads
    the file all the same, in safe mode too.
    """
    classifier.save(path)
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in sorted(source.namelist())}
    metadata = json.loads(members["metadata.json"])
    del metadata["date_saved"]
    if description:
        metadata[KEY] = description.as_json()
    config = _without_addresses(json.loads(members["config.json"]))
    members |= {
        "metadata.json": json.dumps(metadata).encode(),
        "config.json": json.dumps(config).encode(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)


def _without_addresses(config: Any) -> Any:
    """A nested config without ``shared_object_id``: our layers share nothing but constants."""
    if isinstance(config, list):
        return [_without_addresses(value) for value in config]
    if isinstance(config, dict):
        return {
            key: _without_addresses(value)
            for key, value in config.items()
            if key != "shared_object_id"
        }
    return config
