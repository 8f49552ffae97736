# From an archive, downloaded or drawn, to data.h5.


# No code digest: the archive is what its hash says, whoever fetched it and how.
rule download:
    output:
        archive="results/{dataset}/archive.json",
    log:
        "logs/{dataset}/download.log",
    benchmark:
        "benchmarks/{dataset}/download.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.archived),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        sha256=of_dataset("archive", "sha256"),
        source=untracked(archive_source),
        store=untracked(SETTINGS["archives"]),
        deployment=stage("download.py", "data")["deployment"],
    script:
        "../scripts/download.py"


rule draw_shapes:
    output:
        archive="results/{dataset}/archive.json",
        images="results/{dataset}/images.tar.gz",
        regions="results/{dataset}/regions.csv",
    log:
        "logs/{dataset}/draw_shapes.log",
    benchmark:
        "benchmarks/{dataset}/draw_shapes.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.drawn),
    conda:
        "../envs/data.yaml"
    params:
        **stage("draw_shapes.py", "data"),
        settings=settings_of_dataset("train_images", "test_images", "draw_seed"),
    script:
        "../scripts/draw_shapes.py"


rule preprocess:
    input:
        archive="results/{dataset}/archive.json",
    output:
        data="results/{dataset}/data.h5",
    log:
        "logs/{dataset}/preprocess.log",
    benchmark:
        "benchmarks/{dataset}/preprocess.tsv"
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory(4000),
    params:
        **stage("preprocess.py", "data"),
        settings=settings_of_dataset(
            "train_images", "test_images", "validation_images", "split_seed"
        ),
    script:
        "../scripts/preprocess.py"


rule linear_baseline:
    input:
        data="results/{dataset}/data.h5",
    output:
        baseline="results/{dataset}/baseline.json",
    log:
        "logs/{dataset}/linear_baseline.log",
    benchmark:
        "benchmarks/{dataset}/linear_baseline.tsv"
    priority: QUICK_ONES_FIRST
    conda:
        "../envs/data.yaml"
    threads: 4
    resources:
        mem_mb=memory(4000),
    params:
        **stage("linear_baseline.py", "data"),
    script:
        "../scripts/linear_baseline.py"
