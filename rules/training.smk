# From data.h5 to a trained network and its test accuracy.


# What was trained before is not trained again: the state lies in .training/, by content.
rule train:
    input:
        data="results/{dataset}/data.h5",
    output:
        model=f"{RUN}/model.keras",
        description=f"{RUN}/model.json",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
    log:
        f"{RUN_LOGS}/train.log",
    benchmark:
        f"{RUN_TIMES}/train.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(8)
    resources:
        **network_resources(8000),
        runtime=720,
    params:
        **network_stage(code_of_training),
        plan=lambda wildcards: catalogue.plan(wildcards.experiment, wildcards.seed),
        precision=SETTINGS["precision"],
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
        confusions=f"{RUN}/confusions.csv",
        classes=f"{RUN}/classes.csv",
        mistakes=f"{RUN}/mistakes.csv",
        metrics=f"{RUN}/metrics.json",
    log:
        f"{RUN_LOGS}/evaluate.log",
    benchmark:
        f"{RUN_TIMES}/evaluate.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(4)
    resources:
        **network_resources(4000),
    params:
        **network_stage(code("evaluate.py")),
        settings=settings_of_evaluation,
    script:
        "../scripts/evaluate.py"
