# What the networks of all seeds of an experiment say together: which labels look wrong, and whether their
# maps agree.


rule find_label_candidates:
    input:
        data="results/{dataset}/data.h5",
        predictions=files_of_seeds("predictions.h5"),
    output:
        candidates="results/{dataset}/{experiment}/label_candidates.csv",
        summary="results/{dataset}/{experiment}/label_candidates.json",
        figure=report(
            "results/{dataset}/{experiment}/label_candidates.png",
            caption="../report/label_candidates.rst",
            category="{dataset}",
            subcategory="{experiment}",
            labels={"figure": "label candidates", "seed": "all"},
        ),
        svg="results/{dataset}/{experiment}/label_candidates.svg",
    log:
        "logs/{dataset}/{experiment}/find_label_candidates.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/find_label_candidates.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("find_label_candidates.py", "report"),
        caption=content("label_candidates.rst"),
        protocol=protocol_of,
        seeds=lambda wildcards: catalogue.experiment(wildcards.experiment)["seeds"],
    script:
        "../scripts/find_label_candidates.py"


# Of experiments with several seeds.
rule compare_maps:
    input:
        maps=files_of_seeds("gradcam.h5"),
        randomised=files_of_seeds("randomised.h5"),
    output:
        scores="results/{dataset}/{experiment}/agreement.json",
        table="results/{dataset}/{experiment}/agreement.csv",
    log:
        "logs/{dataset}/{experiment}/compare_maps.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/compare_maps.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/data.yaml"
    params:
        **stage("compare_maps.py", "data"),
        seeds=seeds_to_compare,
    script:
        "../scripts/compare_maps.py"


rule agreement_figure:
    input:
        data="results/{dataset}/data.h5",
        maps=files_of_seeds("gradcam.h5"),
        scores="results/{dataset}/{experiment}/agreement.json",
        table="results/{dataset}/{experiment}/agreement.csv",
    output:
        figure=report(
            "results/{dataset}/{experiment}/agreement.png",
            caption="../report/agreement.rst",
            category="{dataset}",
            subcategory="{experiment}",
            labels={"figure": "agreement of maps", "seed": "all"},
        ),
        svg="results/{dataset}/{experiment}/agreement.svg",
    log:
        "logs/{dataset}/{experiment}/agreement_figure.log",
    benchmark:
        "benchmarks/{dataset}/{experiment}/agreement_figure.tsv"
    priority: earlier_experiments_first
    conda:
        "../envs/report.yaml"
    params:
        **stage("draw_agreement.py", "report"),
        caption=content("agreement.rst"),
        look=SETTINGS["report"],
    script:
        "../scripts/draw_agreement.py"
