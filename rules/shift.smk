# Images that are not like those of the training: corrupted ones, and other sets of images.


# What becomes of the accuracy when test images are noisy, blurred, in fog?
rule measure_shift:
    input:
        data="results/{dataset}/data.h5",
        baseline="results/{dataset}/baseline.h5",
        model=f"{RUN}/model.keras",
        metrics=f"{RUN}/metrics.json",
    output:
        scores=f"{RUN}/shift.json",
        table=f"{RUN}/shift.csv",
        example=f"{RUN}/shift.h5",
    log:
        f"{RUN_LOGS}/measure_shift.log",
    benchmark:
        f"{RUN_TIMES}/measure_shift.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(4)
    resources:
        **network_resources(4000),
    params:
        **network_stage(code("measure_shift.py")),
        settings=lambda wildcards: {"images": catalogue.corrupted_images(wildcards.dataset)},
    script:
        "../scripts/measure_shift.py"


rule shift_figure:
    input:
        data="results/{dataset}/data.h5",
        scores=f"{RUN}/shift.json",
        example=f"{RUN}/shift.h5",
    output:
        **figures("shift"),
    log:
        f"{RUN_LOGS}/shift_figure.log",
    benchmark:
        f"{RUN_TIMES}/shift_figure.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_shift.py", "report"),
        caption=content("shift.rst"),
    script:
        "../scripts/draw_shift.py"


# Other images of the same classes. The state of the files decides whether they are read again; what
# they hold, all that follows.
rule read_test_set:
    input:
        data="results/{dataset}/data.h5",
    output:
        test_set="results/{dataset}/test_sets/{test_set}.h5",
    log:
        "logs/{dataset}/read_test_set/{test_set}.log",
    benchmark:
        "benchmarks/{dataset}/read_test_set/{test_set}.tsv"
    # Before the trainings begin: of a wrong file one would hear only after hours.
    priority: QUICK_ONES_FIRST
    conda:
        "../envs/data.yaml"
    threads: 4
    resources:
        mem_mb=memory(4000),
    params:
        **stage("read_test_set.py", "data"),
        state=state_of_test_set,
        source=untracked(source_of_test_set),
        settings=settings_of_dataset("unreadable"),
    script:
        "../scripts/read_test_set.py"


rule score_test_sets:
    input:
        test_sets=lambda wildcards: catalogue.test_sets(wildcards.dataset),
        model=f"{RUN}/model.keras",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/predictions.h5",
    output:
        scores=f"{RUN}/test_sets.json",
    log:
        f"{RUN_LOGS}/score_test_sets.log",
    benchmark:
        f"{RUN_TIMES}/score_test_sets.tsv"
    priority: earlier_experiments_first
    conda:
        NETWORK_ENV
    threads: beside_other_seeds(4)
    resources:
        **network_resources(4000),
    params:
        **network_stage(code("score_test_sets.py")),
    script:
        "../scripts/score_test_sets.py"
