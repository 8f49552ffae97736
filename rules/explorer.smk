# A page to look through the test images, with what each network says of them and where it looks.


rule explorer:
    input:
        data="results/{dataset}/data.h5",
        predictions=files_to_explore("predictions.h5"),
        maps=files_to_explore("gradcam.h5"),
        candidates=candidates_to_explore,
        regions=known_regions,
    output:
        page=report(
            "results/{dataset}/explorer.html",
            caption="../report/explorer.rst",
            category="{dataset}",
            labels={"report": "test images"},
        ),
    log:
        "logs/{dataset}/explorer.log",
    benchmark:
        "benchmarks/{dataset}/explorer.tsv"
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("write_explorer.py", "report"),
        look=SETTINGS["report"],
        texts=content(
            *("explorer.html.j2", "explorer.css", "explorer.js", "explorer.rst", "report.css")
        ),
        folder_of_texts=untracked(str(ROOT / "report")),
    script:
        "../scripts/write_explorer.py"
