# From data.h5 to a trained network and its test accuracy.


# What was trained before is not trained again: the state lies in .training/, by content.
rule train:
    input:
        data="results/{dataset}/data.h5",
    output:
        model=f"{RUN}/model.keras",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/train.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/train.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: 8
    resources:
        gpu=int(DEVICE != "cpu"),
        mem_mb=memory(8000),
        runtime=720,
    params:
        **network_packages(),
        plan=plan_of,
        backend=BACKEND,
        precision=SETTINGS["precision"],
        code=code_of_training,
        device=untracked(DEVICE),
        state=untracked(SETTINGS["state"]),
    script:
        "../scripts/train.py"


rule evaluate:
    input:
        data="results/{dataset}/data.h5",
        model=f"{RUN}/model.keras",
        history=f"{RUN}/history.csv",
    output:
        predictions=f"{RUN}/predictions.h5",
        metrics=f"{RUN}/metrics.json",
    log:
        "logs/{dataset}/{experiment}/seed{seed}/evaluate.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/seed{seed}/evaluate.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: 4
    resources:
        gpu=int(DEVICE != "cpu"),
        mem_mb=memory(4000),
    params:
        **network_packages(),
        settings=lambda wildcards: {
            "protocol": of_experiment("protocol")(wildcards),
            "select": of_experiment("recipe_settings")(wildcards)["select"],
        },
        backend=BACKEND,
        code=code("evaluate.py"),
        device=untracked(DEVICE),
    script:
        "../scripts/evaluate.py"
