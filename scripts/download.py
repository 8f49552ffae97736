"""Get an archive or folder, by its hash, and say where it lies: source.json."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.sources.archives import ArchiveSource, obtain

with logged(snakemake):
    source = ArchiveSource(**snakemake.params.source)
    path = obtain(source, Path(snakemake.params.store).expanduser())
    # The store's folder is called after what is in it, which may be packed in another way.
    about = {
        "path": str(path),
        "sha256": path.parent.name,
        "origin": "archive",
        "layout": source.layout,
    }
    write_json(snakemake.output.source, about)
