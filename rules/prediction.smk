# Answers for new images: snakemake predict --config images=/my/photos model=results/.../seed1.
# The network is taken as it lies there: nothing here trains one.

from resnetcam.settings.question import name_of_answers

ANSWERS = f"results/predictions/{name_of_answers(SETTINGS['images'], SETTINGS['model'])}"

LOGS_OF_ANSWERS = ANSWERS.replace("results", "logs", 1)
# What was measured on a network, beside it.
MEASUREMENTS = ("metrics.json", "faithfulness.json")


rule predict:
    input:
        answers_asked_for,


rule read_new_images:
    output:
        images=f"{ANSWERS}/images.h5",
    log:
        f"{LOGS_OF_ANSWERS}/read_new_images.log",
    conda:
        "../envs/data.yaml"
    threads: 8
    resources:
        mem_mb=memory(4000),
    params:
        **stage("read_new_images.py", "data"),
        source=untracked(new_images),
        state=state_of_new_images,
        model=untracked(model_asked),
        network=content_of_model,
    script:
        "../scripts/read_new_images.py"


rule classify_new_images:
    input:
        images=f"{ANSWERS}/images.h5",
    output:
        answers=f"{ANSWERS}/answers.h5",
    log:
        f"{LOGS_OF_ANSWERS}/classify_new_images.log",
    conda:
        NETWORK_ENV
    threads: 4
    resources:
        **network_resources(4000),
    params:
        **network_stage(code("classify_new_images.py")),
        model=untracked(model_asked),
        network=content_of_model,
    script:
        "../scripts/classify_new_images.py"


rule show_answers:
    input:
        images=f"{ANSWERS}/images.h5",
        answers=f"{ANSWERS}/answers.h5",
    output:
        table=f"{ANSWERS}/predictions.csv",
        page=f"{ANSWERS}/predictions.html",
    log:
        f"{LOGS_OF_ANSWERS}/show_answers.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        **stage("show_answers.py", "report"),
        model=untracked(model_asked),
        title=SETTINGS["model"],
        measured=content_of_measurements,
        look=SETTINGS["report"],
        texts=content("predictions.html.j2", "predictions.css", "report.css"),
        folder_of_texts=untracked(str(ROOT / "report")),
    script:
        "../scripts/show_answers.py"
