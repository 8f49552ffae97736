# What a run was, for people and programs elsewhere.

from resnetcam.provenance.citation import read_citation

with told_by_snakemake():
    CITATION = read_citation(ROOT / "CITATION.cff")


def measured_if(is_measured, name):
    """A file of a run, of datasets that have it."""
    return lambda wildcards: f"{RUN}/{name}" if is_measured(wildcards.dataset) else []


def names_of(experiment):
    return {key: catalogue.experiment(experiment)[key] for key in ("model", "recipe")}


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
        names=lambda wildcards: names_of(wildcards.experiment),
        citation=CITATION,
        texts=content("model_card.md.j2"),
        folder_of_texts=untracked(str(ROOT / "report")),
    script:
        "../scripts/write_model_card.py"
