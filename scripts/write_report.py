"""Write the report of a dataset, or of one experiment on it: report.md and report.html."""

from collections import Counter
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.report.comparison import files_of_run
from resnetcam.report.config_files import Call
from resnetcam.report.context import ReportInputs, write_report

with logged(snakemake):
    files = snakemake.input
    comparison = files.get("comparison")
    localised = snakemake.params.localised
    seeds = Counter(Path(folder).parent for folder in snakemake.params.runs)
    settings = snakemake.params.settings
    call = Call(**snakemake.params.call)
    write_report(
        ReportInputs(
            dataset=snakemake.wildcards.dataset,
            experiments=snakemake.params.experiments,
            runs=[
                files_of_run(
                    folder,
                    localised=localised,
                    of_several=seeds[Path(folder).parent] > 1,
                    shifted=bool(settings["shift"]["images"]),
                    tested=bool(settings["test_sets"]),
                )
                for folder in snakemake.params.runs
            ],
            source=Path(files.source),
            notes=Path(files.notes),
            data=Path(files.data),
            baseline=Path(files.baseline),
            settings=settings,
            config=snakemake.params.config,
            citation=snakemake.params.citation,
            explorer=Path("results", snakemake.wildcards.dataset, "explorer.html"),
            target=snakemake.output.markdown if call.in_module or not comparison else None,
            call=call,
            unusual=snakemake.params.unusual,
            comparison=Path(comparison) if comparison else None,
            comparison_figure=Path(files.comparison_figure) if comparison else None,
            published_history=Path(files.published) if files.published else None,
            annotations=[Path(path) for path in files.annotations],
        ),
        Path(snakemake.params.folder_of_texts),
        Path(snakemake.output.markdown),
        Path(snakemake.output.html),
    )
