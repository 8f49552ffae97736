"""Get an archive or folder, by its hash, and say where it lies: source.json."""

from resnetcam.workflow.stage import logged

from resnetcam.common.files import expanded, write_json
from resnetcam.sources.archives import ArchiveSource, obtain

with logged(snakemake):
    source = ArchiveSource(**snakemake.params.source)
    path = obtain(source, expanded(snakemake.params.store))
    # The store's folder is named after what is in it, which may be packed in another way.
    about = {
        "path": str(path),
        "sha256": path.parent.name,
        "origin": "archive",
        "layout": source.layout,
    }
    write_json(snakemake.output.source, about)
