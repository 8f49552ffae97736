"""Write the model card of a run: README.md beside model.keras."""

from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.provenance.model_card import CardInputs, write_model_card
from resnetcam.report.comparison import files_of_run

with logged(snakemake):
    files, params = snakemake.input, snakemake.params
    write_model_card(
        CardInputs(
            dataset=snakemake.wildcards.dataset,
            model=params.names["model"],
            recipe=params.names["recipe"],
            files=files_of_run(
                Path(files.metrics).parent,
                shifted=bool(files.shift),
                tested=bool(files.test_sets),
            ),
            description=Path(files.description),
            source=Path(files.source),
            notes=Path(files.notes),
            data=Path(files.data),
            baseline=Path(files.baseline),
            citation=params.citation,
        ),
        Path(params.folder_of_texts, "model_card.md.j2"),
        Path(snakemake.output.card),
    )
