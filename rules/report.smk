# Figures of each run, the table of all experiments, and the reports.


rule figures:
    input:
        archive="results/{dataset}/archive.json",
        data="results/{dataset}/data.h5",
        history=f"{RUN}/history.csv",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/predictions.h5",
        maps=f"{RUN}/gradcam.h5",
        regions=known_regions,
        published=published_history,
        captions=[f"report/{name}.rst" for name in FIGURES],
    output:
        **{name: figure(name) for name in FIGURES},
    log:
        "logs/{dataset}/{experiment}/seed{seed}/figures.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/figures.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        settings=SETTINGS["report"],
        protocol=of_experiment("protocol"),
        code=code("draw_figures.py"),
        environment=environment("report"),
    script:
        "../scripts/draw_figures.py"


rule compare:
    input:
        results=lambda wildcards: [
            f"{folder}/{name}"
            for folder in runs(wildcards.dataset)
            for name in ("metrics.json", "run.json", "history.csv")
        ],
        caption="report/comparison.rst",
    output:
        comparison=report(
            "results/{dataset}/comparison.csv",
            caption="../report/comparison.rst",
            category="{dataset}",
            labels={"table": "comparison"},
        ),
    log:
        "logs/{dataset}/compare.log",
    benchmark:
        "benchmarks/{dataset}/compare.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        runs=lambda wildcards: runs(wildcards.dataset),
        experiments=experiments_of,
        code=code("compare.py"),
        environment=environment("report"),
    script:
        "../scripts/compare.py"


rule report:
    input:
        results=results_of_runs,
        archive="results/{dataset}/archive.json",
        data="results/{dataset}/data.h5",
        baseline="results/{dataset}/baseline.json",
        comparison="results/{dataset}/comparison.csv",
        annotations=lambda wildcards: (
            [f"results/{wildcards.dataset}/annotations/summary.json"]
            if has_regions(wildcards.dataset)
            else []
        ),
        published=published_history,
        template="report/report.md.j2",
        css="report/report.css",
        caption="report/report.rst",
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
        runs=lambda wildcards: runs(wildcards.dataset),
        experiments=experiments_of,
        code=code("write_report.py"),
        environment=environment("report"),
    script:
        "../scripts/write_report.py"


# The same report of one experiment alone: there as soon as that experiment has finished.
use rule report as experiment_report with:
    input:
        results=results_of_runs,
        archive="results/{dataset}/archive.json",
        data="results/{dataset}/data.h5",
        baseline="results/{dataset}/baseline.json",
        annotations=rules.report.input.annotations,
        published=published_history,
        template="report/report.md.j2",
        css="report/report.css",
        caption="report/report.rst",
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
    params:
        runs=lambda wildcards: runs(wildcards.dataset, wildcards.experiment),
        experiments=experiments_of,
        code=code("write_report.py"),
        environment=environment("report"),
