# Where the network looks: maps over the test set, and how far they can be trusted.


# Before the trainings begin: of a class that is not there one would hear only after hours. The file
# of the last check outlives one that fails (`update`), and a new one makes no maps again (`ancient`).
rule choose_classes:
    input:
        data="results/{dataset}/data.h5",
    output:
        choices=update("results/{dataset}/class_choices.json"),
    log:
        "logs/{dataset}/choose_classes.log",
    benchmark:
        "benchmarks/{dataset}/choose_classes.tsv"
    priority: QUICK_ONES_FIRST
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        **packages("data"),
        classes=of_dataset("gradcam", "classes"),
        code=code("choose_classes.py"),
    script:
        "../scripts/choose_classes.py"


rule explain:
    input:
        data="results/{dataset}/data.h5",
        choices=ancient("results/{dataset}/class_choices.json"),
        model=f"{RUN}/model.keras",
        predictions=f"{RUN}/predictions.h5",
    output:
        maps=f"{RUN}/gradcam.h5",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/explain.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/explain.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: 4
    resources:
        gpu=int(DEVICE != "cpu"),
        mem_mb=memory(6000),
    params:
        **network_packages(),
        settings=lambda wildcards: {
            key: of_dataset("gradcam", key)(wildcards)
            for key in ("methods", "layers", "classes", "images")
        },
        backend=BACKEND,
        code=code("explain.py"),
        device=untracked(DEVICE),
    script:
        "../scripts/explain.py"


# Does the network use what its maps show?
rule measure_faithfulness:
    input:
        data="results/{dataset}/data.h5",
        model=f"{RUN}/model.keras",
        maps=f"{RUN}/gradcam.h5",
    output:
        scores=f"{RUN}/faithfulness.json",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/measure_faithfulness.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/measure_faithfulness.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: 4
    resources:
        gpu=int(DEVICE != "cpu"),
        mem_mb=memory(6000),
    params:
        **network_packages(),
        settings=lambda wildcards: {
            "protocol": of_experiment("protocol")(wildcards),
            "images": of_dataset("gradcam", "images")(wildcards),
            "steps": of_dataset("gradcam", "steps")(wildcards),
        },
        backend=BACKEND,
        code=code("measure_faithfulness.py"),
        device=untracked(DEVICE),
    script:
        "../scripts/measure_faithfulness.py"


# Do the maps depend on what was learned?
rule randomise:
    input:
        data="results/{dataset}/data.h5",
        model=f"{RUN}/model.keras",
        maps=f"{RUN}/gradcam.h5",
    output:
        maps=f"{RUN}/randomised.h5",
        levels=f"{RUN}/randomisation.json",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/randomise.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/randomise.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: 4
    resources:
        gpu=int(DEVICE != "cpu"),
        mem_mb=memory(6000),
    params:
        **network_packages(),
        images=of_dataset("gradcam", "images"),
        backend=BACKEND,
        code=code("randomise.py"),
        device=untracked(DEVICE),
    script:
        "../scripts/randomise.py"


# Do the maps lie on the objects?
rule localise:
    input:
        data="results/{dataset}/data.h5",
        regions="results/{dataset}/regions.csv",
        maps=f"{RUN}/gradcam.h5",
        randomised=f"{RUN}/randomised.h5",
    output:
        scores=f"{RUN}/localisation.json",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/localise.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/localise.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/data.yaml"
    params:
        **packages("data"),
        code=code("localise.py"),
    script:
        "../scripts/localise.py"
