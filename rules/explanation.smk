# Where the network looks: maps over the test set, scored against regions where these are known.


rule explain:
    input:
        data="results/{dataset}/data.h5",
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
        mem_mb=6000,
    params:
        settings=SETTINGS["gradcam"],
        backend=BACKEND,
        code=code("explain.py"),
        environment=network_environment(),
        device=untracked(DEVICE),
    script:
        "../scripts/explain.py"


rule localise:
    input:
        data="results/{dataset}/data.h5",
        regions="results/{dataset}/regions.csv",
        maps=f"{RUN}/gradcam.h5",
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
        code=code("localise.py"),
        environment=environment("data"),
    script:
        "../scripts/localise.py"
