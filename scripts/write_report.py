"""Write the report of a dataset, or of one experiment on it: report.md and report.html."""

from collections import Counter
from pathlib import Path

from resnetcam.workflow.stage import logged

from resnetcam.report.comparison import files_of_run
from resnetcam.report.config_files import Call
from resnetcam.report.context import ReportInputs, write_report

with logged(snakemake):
    files = snakemake.input
    params, comparison = snakemake.params, files.get("comparison")
    seeds = Counter(Path(folder).parent for folder in params.runs)
    settings, call = params.settings, Call(**params.call)
    write_report(
        ReportInputs(
            dataset=snakemake.wildcards.dataset,
            experiments=params.experiments,
            runs=[
                files_of_run(
                    folder,
                    localised=params.localised,
                    of_several=seeds[Path(folder).parent] > 1,
                    shifted=bool(settings["shift"]["images"]),
                    tested=bool(settings["test_sets"]),
                )
                for folder in params.runs
            ],
            source=Path(files.source),
            notes=Path(files.notes),
            data=Path(files.data),
            baseline=Path(files.baseline),
            settings=settings,
            config=params.config,
            citation=params.citation,
            explorer=Path(files.source).with_name("explorer.html") if params.explored else None,
            target=snakemake.output.markdown if call.in_module or not comparison else None,
            call=call,
            unusual=params.unusual,
            comparison=Path(comparison) if comparison else None,
            comparison_figure=Path(files.comparison_figure) if comparison else None,
            published_history=Path(files.published) if files.published else None,
            annotations=[Path(path) for path in files.annotations],
        ),
        Path(params.folder_of_texts),
        Path(snakemake.output.markdown),
        Path(snakemake.output.html),
    )
