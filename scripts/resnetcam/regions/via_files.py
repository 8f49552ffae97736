"""Write files of the VGG Image Annotator (VIA), version 2: CSV files and projects."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing
from resnetcam.regions.conventions import COLUMNS, UNKNOWN_SIZE
from resnetcam.regions.export import Export, Region
from resnetcam.regions.gathering import quoted


def write_csv(path: str | Path, regions: Iterable[Region], images: Iterable[str] = ()) -> None:
    """Write a VIA 2 CSV file that VIA imports; equal arguments give equal bytes.

    Args:
        path: replaced atomically.
        regions: grouped by file; their ``row`` is not written.
        images: files to name first, with or without regions.

    Raises:
        InputError: a file name is empty or holds a comma, quote, line break or half a surrogate
            pair: VIA does not unquote file names.
    """
    rows_of: dict[str, list[Region]] = {name: [] for name in images}
    for region in regions:
        rows_of.setdefault(region.filename, []).append(region)
    lines = [",".join(COLUMNS)]
    for name, group in rows_of.items():
        _check_csv_name(path, name)
        prefix = f'{name},{UNKNOWN_SIZE},"{{}}",{len(group)}'
        if not group:
            lines.append(f'{prefix},0,"{{}}","{{}}"')
        lines += [
            f"{prefix},{region.region_id},{_csv_cell(_shape_attributes(region))}"
            f",{_csv_cell(region.attributes)}"
            for region in group
        ]
    _write_text(path, "\n".join(lines) + "\n")


def fit_for_csv(export: Export) -> Export:
    """Return an export without the files whose names ``write_csv`` refuses.

    Where only the folder before a name is in the way, the folder goes and the name stays.
    """
    names = {
        name: name if _fits_csv(name) else re.split(r"[/\\]", name)[-1] for name in export.images
    }
    images = dict.fromkeys(name for name in names.values() if _fits_csv(name))
    regions = tuple(
        replace(region, filename=names[region.filename])
        for region in export.regions
        if _fits_csv(names[region.filename])
    )
    return replace(export, images=tuple(images), regions=regions)


def new_project(
    name: str,
    image_names: Iterable[str],
    attribute_name: str,
    attribute_options: Sequence[str],
) -> dict[str, Any]:
    """Return a VIA 2 project, ready for JSON, whose images lie beside VIA's page, ``via.html``.

    Args:
        name: under which VIA offers to save it.
        image_names: file names in the order in which VIA shows them; each once.
        attribute_name: the region attribute that VIA shows as a dropdown list.
        attribute_options: the values it offers.
    """
    metadata = {f"{name}{UNKNOWN_SIZE}": _image_record(name) for name in image_names}
    return {
        "_via_settings": {
            "ui": {"image": {"region_label": attribute_name}},
            # An empty default path would leave VIA without an idea where the images are.
            "core": {"buffer_size": 18, "filepath": {}, "default_filepath": "./"},
            "project": {"name": name},
        },
        "_via_img_metadata": metadata,
        "_via_attributes": {
            "region": {attribute_name: _dropdown(attribute_options)},
            "file": {},
        },
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(metadata),
    }


def write_project(path: str | Path, project: Mapping[str, Any]) -> None:
    """Write a project, whole or not at all."""
    _write_text(path, json.dumps(project, indent=1, allow_nan=False) + "\n")


def _image_record(name: str) -> dict[str, object]:
    return {"filename": name, "size": UNKNOWN_SIZE, "regions": [], "file_attributes": {}}


def _dropdown(options: Sequence[str]) -> dict[str, object]:
    return {
        "type": "dropdown",
        "description": "",
        "options": {option: option for option in options},
        "default_options": {},
    }


def _shape_attributes(region: Region) -> dict[str, object]:
    return {"name": region.shape, **region.geometry}


def _csv_cell(value: Mapping[str, object]) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return '"' + text.replace('"', '""') + '"'


def _fits_csv(name: str) -> bool:
    return bool(name) and not re.search('[,"\r\n\ud800-\udfff]', name)


def _check_csv_name(path: str | Path, name: str) -> None:
    if not _fits_csv(name):
        raise InputError(
            f"{path}: VIA cannot read back the file name {quoted(name)}: it must not be empty or"
            " contain a comma, quote or line break. Rename the image."
        )


def _write_text(path: str | Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
