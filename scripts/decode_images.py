"""Decode a person's image files, divide them, compute each protocol's mean image: data.h5."""

import logging
import tempfile
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.errors import InputError
from resnetcam.common.files import read_json, write_json
from resnetcam.common.json_shapes import SOURCE
from resnetcam.data.dividing import divide
from resnetcam.data.preprocessing import preprocess
from resnetcam.sources.contents import digest_of_contents
from resnetcam.sources.decoding import decode, refuse_lost_classes, refuse_unreadable
from resnetcam.sources.listing import home_of, list_images
from resnetcam.sources.sizes import DARK

with logged(snakemake):
    settings = snakemake.params.settings
    about = read_json(snakemake.input.source, SOURCE)
    listing = list_images(about["path"])
    # Not in the system's folder for temporary files, which may lie in memory.
    folder = Path(snakemake.output.data).parent
    with tempfile.TemporaryDirectory(dir=folder, prefix=".decoding-") as scratch:
        decoded = decode(
            listing.images, settings["side"], settings["fit"], Path(scratch), snakemake.threads
        )
        found = digest_of_contents(listing.images, decoded.contents, home_of(about["path"]))
        if found != about["sha256"]:
            raise InputError(f"{about['path']} changed while it was read. Run the command again.")
        if settings["unreadable"] == "refuse":
            refuse_unreadable(about["path"], decoded.unreadable, len(listing.images))
        refuse_lost_classes(about["path"], listing.images, decoded.images)
        if decoded.images and decoded.brightest < DARK:
            logging.warning(
                "The brightest pixel of all images is %d of 255. Cameras of 12 bits write files of "
                "16 bits that come out so dark: multiply their pixels, by 16 of 12 bits, and save "
                "them again.",
                decoded.brightest,
            )
        divided = divide(
            decoded, listing.class_names, settings["test_images"], settings["split_seed"]
        )
        notes = preprocess(snakemake.output.data, *divided, settings)
    notes |= {
        "unreadable": [{"path": str(one.path), "reason": one.reason} for one in decoded.unreadable],
        "ignored": list(map(str, listing.ignored)),
        "brightest": decoded.brightest,
    }
    write_json(snakemake.output.notes, notes)
