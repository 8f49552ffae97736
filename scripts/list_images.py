"""List a person's image files and digest what they hold: source.json."""

import logging

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.common.wording import counted, shown
from resnetcam.sources.contents import digest_of_files
from resnetcam.sources.listing import home_of, list_images

with logged(snakemake):
    source = snakemake.params.source
    listing = list_images(source)
    sha256 = digest_of_files(listing.images, home_of(source), snakemake.threads)
    write_json(snakemake.output.source, {"path": source, "sha256": sha256, "origin": "files"})
    for path in listing.ignored:
        logging.warning("%s belongs to no class and is left out", shown(path))
    logging.info(
        "%s of %s",
        counted(len(listing.images), "image"),
        counted(len(listing.class_names), "class", "classes"),
    )
