# What a run was, for people and programs elsewhere.


# Beside each network, whose folder can so be published as it is.
rule model_card:
    input:
        data="results/{dataset}/data.h5",
        source="results/{dataset}/source.json",
        notes="results/{dataset}/images.json",
        baseline="results/{dataset}/baseline.json",
        description=f"{RUN}/model.json",
        history=f"{RUN}/history.csv",
        run=f"{RUN}/run.json",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/predictions.h5",
        classes=f"{RUN}/classes.csv",
        shift=measured_if(catalogue.measures_shift, "shift.json"),
        test_sets=measured_if(catalogue.has_test_sets, "test_sets.json"),
    output:
        card=f"{RUN}/README.md",
    log:
        f"{RUN_LOGS}/model_card.log",
    benchmark:
        f"{RUN_TIMES}/model_card.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("write_model_card.py", "report"),
        names=names_of_experiment,
        citation=CITATION,
        texts=content("model_card.md.j2"),
        folder_of_texts=untracked(str(ROOT / "report")),
    script:
        "../scripts/write_model_card.py"


# On request: `snakemake crate` for the dataset of the config, or the file by its path. The SHA-256 of
# gigabytes of maps is not needed by everybody.
rule crate:
    input:
        f"results/{SETTINGS['dataset']}/ro-crate-metadata.json",


rule ro_crate:
    input:
        results=lambda wildcards: catalogue.crated(wildcards.dataset),
        data="results/{dataset}/data.h5",
        source="results/{dataset}/source.json",
        report="results/{dataset}/report.md",
    output:
        metadata="results/{dataset}/ro-crate-metadata.json",
        workflow=directory("results/{dataset}/workflow"),
    log:
        "logs/{dataset}/ro_crate.log",
    benchmark:
        "benchmarks/{dataset}/ro_crate.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("write_crate.py", "report"),
        runs=folders_of_runs,
        settings=lambda wildcards: catalogue.data_and_maps(wildcards.dataset),
        citation=CITATION,
        root=untracked(str(ROOT)),
        snakemake=untracked(VERSION_OF_SNAKEMAKE),
    script:
        "../scripts/write_crate.py"
