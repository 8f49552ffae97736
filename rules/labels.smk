# Which labels look wrong, by what the networks of all seeds of an experiment say.


rule find_label_candidates:
    input:
        data="results/{dataset}/data.h5",
        predictions=predictions_of_seeds,
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
