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
        dataset="|".join(map(re.escape, ARCHIVED)) or "(?!)",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        sha256=of_dataset("archive", "sha256"),
        source=untracked(archive_source),
        store=untracked(SETTINGS["archives"]),
        deployment=packages("data")["deployment"],
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
        dataset="|".join(map(re.escape, DRAWN)) or "(?!)",
    conda:
        "../envs/data.yaml"
    params:
        **packages("data"),
        settings=settings_of_dataset("train_images", "test_images", "draw_seed"),
        code=code("draw_shapes.py"),
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
        **packages("data"),
        settings=settings_of_dataset(
            "train_images", "test_images", "validation_images", "split_seed"
        ),
        code=code("preprocess.py"),
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
        **packages("data"),
        code=code("linear_baseline.py"),
    script:
        "../scripts/linear_baseline.py"
