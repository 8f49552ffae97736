"""Count what an annotation export holds, and what is wrong with it: annotations/<export>.json."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.common.files import write_json
from resnetcam.regions.on_images import summary
from resnetcam.regions.via import read_export, read_known_regions

with logged(snakemake):
    path = Path(snakemake.input.export)
    params = snakemake.params
    export = read_known_regions(path) if params.is_own else read_export(path, params.strict)
    write_json(snakemake.output.summary, {"file": path.name, **summary(export)})
