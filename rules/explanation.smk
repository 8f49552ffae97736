# Where the network looks: maps over the test set, and how far they can be trusted.


# Before the trainings begin: of a class that is not there one would hear only after hours. The file is
# called by a digest of the choices: a mistyped one replaces no file that finished maps stand on.
rule choose_classes:
    input:
        data="results/{dataset}/data.h5",
    output:
        choices="results/{dataset}/class_choices/{choices}.json",
    log:
        "logs/{dataset}/choose_classes/{choices}.log",
    benchmark:
        "benchmarks/{dataset}/choose_classes/{choices}.tsv"
    priority: QUICK_ONES_FIRST
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        **stage("choose_classes.py", "data"),
        classes=of_dataset("gradcam", "classes"),
    script:
        "../scripts/choose_classes.py"


rule explain:
    input:
        data="results/{dataset}/data.h5",
        choices=lambda wildcards: catalogue.class_choices(wildcards.dataset),
        model=f"{RUN}/model.keras",
        predictions=f"{RUN}/predictions.h5",
    output:
        maps=f"{RUN}/gradcam.h5",
    log:
        f"{RUN_LOGS}/explain.log",
    benchmark:
        f"{RUN_TIMES}/explain.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(4)
    resources:
        **network_resources(6000),
    params:
        **network_stage(code("explain.py")),
        settings=gradcam_settings("methods", "layers", "classes", "images"),
    script:
        "../scripts/explain.py"


# Does the network use what its maps show? Do they depend on what was learned? (One stage, since
# starting TensorFlow takes as long as much of what it computes here.)
rule measure_maps:
    input:
        data="results/{dataset}/data.h5",
        model=f"{RUN}/model.keras",
        maps=f"{RUN}/gradcam.h5",
    output:
        faithfulness=f"{RUN}/faithfulness.json",
        randomised=f"{RUN}/randomised.h5",
        levels=f"{RUN}/randomisation.json",
    log:
        f"{RUN_LOGS}/measure_maps.log",
    benchmark:
        f"{RUN_TIMES}/measure_maps.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(4)
    resources:
        **network_resources(6000),
    params:
        **network_stage(code("measure_maps.py")),
        settings=lambda wildcards: {
            "protocol": protocol_of(wildcards),
            **gradcam_settings("images", "steps")(wildcards),
        },
    script:
        "../scripts/measure_maps.py"


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
        f"{RUN_LOGS}/localise.log",
    benchmark:
        f"{RUN_TIMES}/localise.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/data.yaml"
    params:
        **stage("localise.py", "data"),
    script:
        "../scripts/localise.py"
