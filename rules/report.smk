# Figures of each run, the table of all experiments, and the reports.


rule training_figures:
    input:
        archive="results/{dataset}/archive.json",
        data="results/{dataset}/data.h5",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/predictions.h5",
        published=published_history,
    output:
        **{name: figure(name) for name in TRAINING_FIGURES},
    log:
        "logs/{dataset}/{experiment}/seed{seed}/training_figures.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/training_figures.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **packages("report"),
        captions=content(*(f"{name}.rst" for name in TRAINING_FIGURES)),
        protocol=of_experiment("protocol"),
        code=code("draw_training_figures.py"),
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
        **{name: figure(name) for name in GRADCAM_FIGURES},
        **{name: figure(name, caption="class_page") for name in CLASS_PAGES},
    log:
        "logs/{dataset}/{experiment}/seed{seed}/gradcam_figures.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/gradcam_figures.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **packages("report"),
        captions=content(*(f"{name}.rst" for name in (*GRADCAM_FIGURES, "class_page"))),
        settings=SETTINGS["report"],
        code=code("draw_gradcam_figures.py"),
    script:
        "../scripts/draw_gradcam_figures.py"


rule other_classes_figure:
    input:
        data="results/{dataset}/data.h5",
        predictions=f"{RUN}/predictions.h5",
        maps=f"{RUN}/gradcam.h5",
        regions=known_regions,
    output:
        gradcam_classes=figure("gradcam_classes"),
    log:
        "logs/{dataset}/{experiment}/seed{seed}/other_classes_figure.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/other_classes_figure.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **packages("report"),
        caption=content("gradcam_classes.rst"),
        classes=other_classes,
        settings=SETTINGS["report"],
        code=code("draw_other_classes.py"),
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
    log:
        "logs/{dataset}/compare.log",
    benchmark:
        "benchmarks/{dataset}/compare.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **packages("report"),
        caption=content("comparison.rst"),
        runs=folders_of_runs,
        experiments=lambda wildcards: facts_of_experiments(of_dataset("experiments")(wildcards)),
        code=code("compare.py"),
    script:
        "../scripts/compare.py"


# What both kinds of reports are made of: of all experiments, and of one alone.
INPUTS_OF_REPORTS = {
    "results": results_of_runs,
    "archive": "results/{dataset}/archive.json",
    "data": "results/{dataset}/data.h5",
    "baseline": "results/{dataset}/baseline.json",
    "annotations": lambda wildcards: annotation_summaries(wildcards.dataset, "json"),
    "annotation_figures": lambda wildcards: annotation_summaries(wildcards.dataset, "png"),
    "published": published_history,
}


rule report:
    input:
        **INPUTS_OF_REPORTS,
        comparison="results/{dataset}/comparison.csv",
        comparison_figure="results/{dataset}/comparison.png",
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
        **packages("report"),
        runs=folders_of_runs,
        experiments=lambda wildcards: facts_of_experiments(detailed_experiments(wildcards)),
        localised=lambda wildcards: has_regions(wildcards.dataset),
        settings=settings_of_data_and_maps,
        call=untracked(CALL),
        unusual=UNUSUAL,
        texts=content("report.md.j2", "report.css", "report.rst"),
        folder_of_texts=untracked(str(ROOT / "report")),
        code=code("write_report.py"),
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
