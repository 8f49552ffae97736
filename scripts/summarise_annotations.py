"""Count what an annotation export holds, and what is wrong with it: annotations/<export>.json."""

from pathlib import Path

from resnetcam.stage import logged

from resnetcam.files import write_json
from resnetcam.regions import summary
from resnetcam.via import read_export

with logged(snakemake):
    export = read_export(snakemake.input.export, strict=snakemake.params.strict)
    write_json(
        snakemake.output.summary, {"file": Path(snakemake.input.export).name, **summary(export)}
    )
