"""What a person needs to draw regions: enlarged images, a VIA project, and how to go about it.

What was drawn outlives a new kit: a project in the folder that holds regions is continued.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from resnetcam.common.errors import InputError
from resnetcam.common.files import replacing
from resnetcam.regions.conventions import LABEL_ATTRIBUTE, annotation_scale
from resnetcam.regions.export import printable
from resnetcam.regions.loose_json import parse_json
from resnetcam.regions.on_images import image_index, image_name
from resnetcam.regions.via import via_records
from resnetcam.regions.via_files import new_project, write_project

logger = logging.getLogger(__name__)

README = """\
How to draw regions on these {n} images, to score Grad-CAM's localisation

1. Download VIA 2 (https://www.robots.ox.ac.uk/~vgg/software/via/; not VIA 3), put its via.html
   into this folder, beside the images, and open it in a browser.
2. Project > Load, and choose project.json. If an image is not found: Project > Add local files,
   and choose the PNG files of this folder.
3. Draw one or more regions around the object of each image: rectangles, circles, ellipses or
   polygons. Click the corners of a polygon one after another, then press Enter to close it
   (Backspace removes the last corner, Esc cancels the polygon). Points and lines have no area and
   are left out.
4. A region's "{label_attribute}" is that of its image unless you choose another (select the region,
   then press the space bar). Regions of another class than the image's own are left out.
5. Project > Save, often. VIA offers the name project, and the browser downloads project.json. You
   may save it in this folder in place of the first one: when the workflow writes this folder again,
   for more images, it continues with the project that holds your regions.
6. When you have finished, put the saved project outside results/, which can be deleted at any time,
   for example as resources/regions.json. Annotation > Export Annotations works as well, as json
   (via_export_json.json) or as csv (via_export_csv.csv). JSON is safer: spreadsheets damage CSV.
7. {use}

The images are enlarged {scale} times. Keep their file names: the number in a name says which test
image it is. There is no verdict on where maps lie with regions on fewer than 20 images; about 100
give narrow intervals. To draw on more images, raise datasets.{dataset}.annotate_images; nothing
drawn is lost.
"""

PROJECT = "project.json"

_SCORED = """\
Set datasets.{dataset}.regions in config.yaml to the path of that file, and run the workflow
   again. It reports at once how many regions it uses, which it leaves out, and why."""
_SUMMARISED = """\
The regions of this dataset are known, so yours are not used for scoring. To have them checked and
   summarised, list the file under datasets.{dataset}.annotations, and run the workflow again."""


@dataclass(frozen=True)
class Drawn:
    """A VIA project, or JSON export, with something that a person drew or typed."""

    path: Path
    project: dict[str, Any]
    records: dict[str, Any]

    def description(self) -> str:
        counts = [len(record["regions"]) for record in self.records.values() if record["regions"]]
        images = f"{len(counts):,} image{'s' * (len(counts) != 1)}"
        return f"{printable(self.path.name)} (regions: {sum(counts):,}, on {images})"


def write_annotation_kit(
    folder: str | Path,
    images: np.ndarray,
    indices: Sequence[int],
    labels: np.ndarray,
    class_names: Sequence[str],
    *,
    dataset: str,
    regions_are_known: bool,
) -> None:
    """Write what a person needs to draw regions: PNG files, ``project.json`` and ``README.txt``.

    Where the folder holds a VIA project or JSON export with regions, ``project.json`` goes on with
    the newest of them. A ``project.json`` that would lose by that is kept under another name.

    Args:
        folder: made if need be; other files in it stay.
        images: uint8 (n, H, W, 3 or 1), RGB or grey; written ``annotation_scale`` times as large.
        indices: (n,), their indices among the test images, which become part of their names.
        labels: unsigned integers (n,), their classes.
        class_names: names of the classes, offered in VIA as values of ``LABEL_ATTRIBUTE``.
        dataset: its name in the config, for ``README.txt``.
        regions_are_known: whether its own regions score maps, so that drawn ones cannot.
    """
    folder, scale = Path(folder), annotation_scale(images.shape[1])
    names = []
    for image, index, label in zip(images, indices, labels, strict=True):
        names.append(image_name(int(index), class_names[label]))
        _write_enlarged(folder / names[-1], image, scale)
    _write_project(folder, names, class_names)
    use = (_SUMMARISED if regions_are_known else _SCORED).format(dataset=dataset)
    about = {"n": len(names), "scale": scale, "dataset": dataset, "use": use}
    text = README.format(label_attribute=LABEL_ATTRIBUTE, **about)
    with replacing(folder / "README.txt") as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def drawn_projects(folder: Path) -> list[Drawn]:
    """Find a folder's VIA projects and JSON exports with anything of a person's, newest first."""
    # Hidden ones are an editor's, or what a kill left of ours.
    visible = (path for path in folder.glob("[!.]*.json") if path.is_file())
    paths = sorted(visible, key=lambda path: (-path.stat().st_mtime_ns, path.name))
    found = [one for path in paths if (one := _read(path))]
    return [one for one in found if any(map(_is_drawn, one.records.values()))]


def continued(drawn: Drawn, project: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a drawn project with the images of a new one.

    Whatever is drawn or typed stays, and so do images of other kinds, settings and attributes; test
    images without any of it stay if they are among ``names``.
    """
    order = {name: place for place, name in enumerate(names)}
    kept = {
        key: record
        for key, record in drawn.records.items()
        if _is_drawn(record) or (name := record["filename"]) in order or image_index(name) is None
    }
    known = {record["filename"] for record in kept.values()}
    added = {
        key: record
        for key, record in project["_via_img_metadata"].items()
        if record["filename"] not in known
    }
    metadata = kept | added
    shown = sorted(metadata, key=lambda key: order.get(metadata[key]["filename"], len(order)))
    return {
        **project,
        **drawn.project,
        "_via_img_metadata": metadata,
        "_via_attributes": _attributes(drawn.project.get("_via_attributes"), project),
        "_via_image_id_list": shown,
    }


def _write_enlarged(path: Path, image: np.ndarray, scale: int) -> None:
    """Write an image (H, W, 3 or 1) as PNG, enlarged by nearest neighbour."""
    enlarged = image.repeat(scale, axis=0).repeat(scale, axis=1)
    grey_or_rgb = enlarged[..., 0] if enlarged.shape[-1] == 1 else enlarged
    with replacing(path) as temporary:
        Image.fromarray(grey_or_rgb).save(temporary)


def _write_project(folder: Path, names: Sequence[str], class_names: Sequence[str]) -> None:
    """Write the project of some images, which goes on with the newest drawn one of the folder."""
    project = new_project(Path(PROJECT).stem, names, LABEL_ATTRIBUTE, class_names)
    drawn = drawn_projects(folder)
    _keep_aside(folder / PROJECT, drawn)
    if drawn:
        logger.info("continuing with %s", drawn[0].description())
        project = continued(drawn[0], project, names)
    for other in drawn[1:]:
        logger.warning("%s also exists: left unchanged", other.description())
    write_project(folder / PROJECT, project)


def _attributes(theirs: object, project: Mapping[str, Any]) -> dict[str, Any]:
    """Return a person's attributes, and those of the new project with all of their options."""
    attributes = {kind: _dict(_dict(theirs).get(kind)) for kind in ("region", "file")}
    for name, fresh in project["_via_attributes"]["region"].items():
        one = attributes["region"].setdefault(name, fresh)
        if isinstance(one, dict) and isinstance(one.get("options"), dict):
            one["options"] = fresh["options"] | one["options"]
    return attributes


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _read(path: Path) -> Drawn | None:
    """Read a VIA project or JSON export; None for any other file."""
    try:
        document = parse_json(path.read_text(encoding="utf-8-sig"))
        json.dumps(document, allow_nan=False)
    except (OSError, ValueError, RecursionError):
        return None
    records = via_records(document)
    if records is None or not all(map(_is_record, records.values())):
        return None
    return Drawn(path, document if records is not document else {}, records)


def _is_record(record: object) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("filename"), str):
        return False
    return isinstance(record.get("regions"), list | dict)


def _is_drawn(record: Mapping[str, Any]) -> bool:
    return bool(record["regions"] or record.get("file_attributes"))


def _keep_aside(path: Path, drawn: Sequence[Drawn]) -> None:
    """Copy a project that is not continued, and may be valuable, to an unused name."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; the kit's project goes there. Move it away.")
    if not path.exists() or (drawn and drawn[0].path == path):
        return
    if all(one.path != path for one in drawn) and _read(path):
        return  # a project without anything of a person's
    number = 1
    while (aside := path.with_name(f"{path.stem}.kept-{number}{path.suffix}")).exists():
        number += 1
    with replacing(aside) as temporary:
        temporary.write_bytes(path.read_bytes())
    times = path.stat()
    os.utime(aside, ns=(times.st_atime_ns, times.st_mtime_ns))
    logger.warning("%s is kept as %s", path, aside.name)
