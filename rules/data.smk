# From an archive, downloaded or drawn, or a person's image files, to data.h5.


# No code digest: the archive is what its hash says, whoever fetched it and how.
rule download:
    output:
        source="results/{dataset}/source.json",
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
        archive=lambda wildcards: {
            key: of_dataset("archive", key)(wildcards) for key in ("layout", "sha256")
        },
        source=untracked(archive_source),
        store=untracked(SETTINGS["archives"]),
        deployment=stage("download.py", "data")["deployment"],
    script:
        "../scripts/download.py"


rule draw_shapes:
    output:
        source="results/{dataset}/source.json",
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
        source="results/{dataset}/source.json",
    output:
        data="results/{dataset}/data.h5",
        notes="results/{dataset}/images.json",
    log:
        "logs/{dataset}/preprocess.log",
    benchmark:
        "benchmarks/{dataset}/preprocess.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.archived + catalogue.drawn),
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=memory(4000),
    params:
        **stage("preprocess.py", "data"),
        settings=settings_of_dataset(
            "train_images", "test_images", "validation_images", "split_seed", "twins"
        ),
    script:
        "../scripts/preprocess.py"


# The state of the files decides whether they are read again; what they hold, all that follows.
rule list_images:
    output:
        source="results/{dataset}/source.json",
    log:
        "logs/{dataset}/list_images.log",
    benchmark:
        "benchmarks/{dataset}/list_images.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.of_files),
    conda:
        "../envs/data.yaml"
    threads: 4
    params:
        **stage("list_images.py", "data"),
        state=state_of_images,
        source=untracked(source_of_images),
    script:
        "../scripts/list_images.py"


rule decode_images:
    input:
        source="results/{dataset}/source.json",
    output:
        data="results/{dataset}/data.h5",
        notes="results/{dataset}/images.json",
    log:
        "logs/{dataset}/decode_images.log",
    benchmark:
        "benchmarks/{dataset}/decode_images.tsv"
    wildcard_constraints:
        dataset=only_for(catalogue.of_files),
    conda:
        "../envs/data.yaml"
    threads: 8
    resources:
        mem_mb=memory(4000),
    params:
        **stage("decode_images.py", "data"),
        settings=settings_of_dataset(
            *("side", "fit", "unreadable", "twins"),
            *("test_images", "validation_images", "split_seed"),
        ),
    script:
        "../scripts/decode_images.py"


rule linear_baseline:
    input:
        data="results/{dataset}/data.h5",
    output:
        baseline="results/{dataset}/baseline.json",
        weights="results/{dataset}/baseline.h5",
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
