# Regions that a person drew, and what it takes to draw them.


rule import_regions:
    input:
        export=lambda wildcards: users_file(of_dataset("regions")(wildcards)),
        data="results/{dataset}/data.h5",
    output:
        regions="results/{dataset}/regions.csv",
    log:
        "logs/{dataset}/import_regions.log",
    benchmark:
        "benchmarks/{dataset}/import_regions.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.annotated),
    priority: QUICK_ONES_FIRST
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        **stage("import_regions.py", "data"),
        strict=of_dataset("strict_regions"),
    script:
        "../scripts/import_regions.py"


rule summarise_annotations:
    input:
        export=export_called,
    output:
        summary="results/{dataset}/annotations/{export}.json",
    log:
        "logs/{dataset}/summarise_annotations/{export}.log",
    benchmark:
        "benchmarks/{dataset}/summarise_annotations/{export}.tsv"
    priority: QUICK_ONES_FIRST
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        **stage("summarise_annotations.py", "data"),
        is_own=is_own_export,
        strict=of_dataset("strict_regions"),
    script:
        "../scripts/summarise_annotations.py"


rule draw_annotations:
    input:
        summary="results/{dataset}/annotations/{export}.json",
    output:
        figure=report(
            "results/{dataset}/annotations/{export}.png",
            caption="../report/annotations.rst",
            category="{dataset}",
            subcategory="annotations",
            labels={"figure": "annotations in {export}"},
        ),
        svg="results/{dataset}/annotations/{export}.svg",
    log:
        "logs/{dataset}/draw_annotations/{export}.log",
    benchmark:
        "benchmarks/{dataset}/draw_annotations/{export}.tsv"
    priority: QUICK_ONES_FIRST
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_annotations.py", "report"),
        caption=content("annotations.rst"),
    script:
        "../scripts/draw_annotations.py"


# project.json is not declared: Snakemake deletes outputs before a job makes them again, and this is
# the name under which VIA offers to save what a person drew.
rule annotate:
    input:
        data="results/{dataset}/data.h5",
    output:
        readme="results/{dataset}/annotate/README.txt",
    log:
        "logs/{dataset}/annotate.log",
    benchmark:
        "benchmarks/{dataset}/annotate.tsv"
    priority: QUICK_ONES_FIRST
    conda:
        "../envs/data.yaml"
    params:
        **stage("annotate.py", "data"),
        settings=settings_of_dataset("annotate_images"),
        explained=of_dataset("gradcam", "images"),
        regions_are_known=lambda wildcards: wildcards.dataset in catalogue.drawn,
    script:
        "../scripts/annotate.py"
