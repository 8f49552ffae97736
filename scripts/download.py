"""Get an archive, by its hash, and say where it lies: archive.json."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.data.archives import ArchiveSource, obtain
from resnetcam.data.cifar import OFFICIAL_SHA256

with logged(snakemake):
    source = ArchiveSource(**snakemake.params.source)
    path = obtain(source, Path(snakemake.params.store).expanduser())
    write_json(
        snakemake.output.archive,
        {
            "path": str(path),
            "sha256": source.sha256,
            "official": source.sha256 in OFFICIAL_SHA256,
            "origin": "archive",
        },
    )
