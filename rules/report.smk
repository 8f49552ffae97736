# Figures of each run, the table of all experiments, and the reports.

from resnetcam.report.figure_names import CLASS_PAGES, GRADCAM_FIGURES, TRAINING_FIGURES


rule training_figures:
    input:
        data="results/{dataset}/data.h5",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/predictions.h5",
        published=published_history,
    output:
        **figures(*TRAINING_FIGURES),
    log:
        f"{RUN_LOGS}/training_figures.log",
    benchmark:
        f"{RUN_TIMES}/training_figures.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_training_figures.py", "report"),
        captions=content(*map(caption, TRAINING_FIGURES)),
        protocol=protocol_of,
    script:
        "../scripts/draw_training_figures.py"


rule gradcam_figures:
    input:
        data="results/{dataset}/data.h5",
        predictions=f"{RUN}/predictions.h5",
        maps=f"{RUN}/gradcam.h5",
        faithfulness=f"{RUN}/faithfulness.json",
        randomised=f"{RUN}/randomised.h5",
        randomisation=f"{RUN}/randomisation.json",
        regions=known_regions,
    output:
        **figures(*GRADCAM_FIGURES),
        **{name: figure(name, described_as="class_page") for name in CLASS_PAGES},
    log:
        f"{RUN_LOGS}/gradcam_figures.log",
    benchmark:
        f"{RUN_TIMES}/gradcam_figures.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_gradcam_figures.py", "report"),
        captions=content(*map(caption, (*GRADCAM_FIGURES, "class_page"))),
        look=SETTINGS["report"],
    script:
        "../scripts/draw_gradcam_figures.py"


rule other_classes_figure:
    input:
        data="results/{dataset}/data.h5",
        predictions=f"{RUN}/predictions.h5",
        maps=f"{RUN}/gradcam.h5",
        regions=known_regions,
    output:
        **figures("gradcam_classes"),
    log:
        f"{RUN_LOGS}/other_classes_figure.log",
    benchmark:
        f"{RUN_TIMES}/other_classes_figure.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_other_classes.py", "report"),
        caption=content("gradcam_classes.rst"),
        classes=lambda wildcards: catalogue.other_classes(wildcards.dataset),
        look=SETTINGS["report"],
    script:
        "../scripts/draw_other_classes.py"


rule compare:
    input:
        results=results_to_compare,
        data="results/{dataset}/data.h5",
        baseline="results/{dataset}/baseline.json",
    output:
        comparison=report(
            "results/{dataset}/comparison.csv",
            caption="../report/comparison.rst",
            category="{dataset}",
            labels={"table": "comparison"},
        ),
        figure=report(
            "results/{dataset}/comparison.png",
            caption="../report/comparison.rst",
            category="{dataset}",
            labels={"figure": "test accuracy"},
        ),
        svg="results/{dataset}/comparison.svg",
    log:
        "logs/{dataset}/compare.log",
    benchmark:
        "benchmarks/{dataset}/compare.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("compare.py", "report"),
        caption=content("comparison.rst"),
        runs=folders_of_runs,
        experiments=lambda wildcards: catalogue.facts(of_dataset("experiments")(wildcards)),
    script:
        "../scripts/compare.py"


# What both kinds of reports are made of: of all experiments, and of one alone.
INPUTS_OF_REPORTS = {
    "results": results_of_runs,
    "source": "results/{dataset}/source.json",
    "notes": "results/{dataset}/images.json",
    "data": "results/{dataset}/data.h5",
    "baseline": "results/{dataset}/baseline.json",
    "annotations": lambda wildcards: catalogue.summaries(wildcards.dataset, "json"),
    "annotation_figures": lambda wildcards: catalogue.summaries(wildcards.dataset, "png", "svg"),
    "published": published_history,
}


rule report:
    input:
        **INPUTS_OF_REPORTS,
        comparison="results/{dataset}/comparison.csv",
        comparison_figure="results/{dataset}/comparison.png",
        comparison_svg="results/{dataset}/comparison.svg",
    output:
        markdown="results/{dataset}/report.md",
        html=report(
            "results/{dataset}/report.html",
            caption="../report/report.rst",
            category="{dataset}",
            labels={"report": "all experiments"},
        ),
    log:
        "logs/{dataset}/report.log",
    benchmark:
        "benchmarks/{dataset}/report.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("write_report.py", "report"),
        runs=folders_of_runs,
        experiments=lambda wildcards: catalogue.facts(detailed_experiments(wildcards)),
        explored=lambda wildcards: catalogue.is_explored(
            wildcards.dataset, wildcards.get("experiment")
        ),
        localised=lambda wildcards: catalogue.has_regions(wildcards.dataset),
        settings=lambda wildcards: catalogue.data_and_maps(wildcards.dataset),
        call=untracked(CALL),
        unusual=UNUSUAL,
        citation=CITATION,
        # What decides numbers in it is in the results; where an archive comes from does not.
        config=untracked(runnable_config),
        texts=content("report.md.j2", "report.css", "report.js", "report.rst"),
        folder_of_texts=untracked(str(ROOT / "report")),
    script:
        "../scripts/write_report.py"


# There as soon as that experiment has finished.
use rule report as experiment_report with:
    input:
        **INPUTS_OF_REPORTS,
    output:
        markdown="results/{dataset}/{experiment}/report.md",
        html=report(
            "results/{dataset}/{experiment}/report.html",
            caption="../report/report.rst",
            category="{dataset}",
            subcategory="{experiment}",
            labels={"report": "one experiment"},
        ),
    log:
        "logs/{dataset}/{experiment}/report.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/report.tsv"
    priority: earlier_experiments_first
    localrule: True
