# Files that nothing makes, such as mistyped targets: told by name, with the nearest one.

FILES_OF_RUNS = files_that_rules_make("/seed{seed}/")


rule unknown_file:
    input:
        no_such_file_of_a_run,
    output:
        f"{RUN}/{{unknown}}",
    wildcard_constraints:
        unknown=rf"(?!(?:{'|'.join(map(re.escape, FILES_OF_RUNS))})$).+",


rule unknown_dataset:
    input:
        lambda wildcards: dataset_called(wildcards.dataset),
    output:
        "results/{dataset}/archive.json",
    wildcard_constraints:
        dataset=rf"(?!(?:{'|'.join(map(re.escape, SETTINGS['datasets']))})/)[^/]+",
