# What the rules share: the checked settings, and functions of wildcards.

import os
import re
from functools import cache
from pathlib import Path

from snakemake.io import IOFile, strip_wildcard_constraints

from resnetcam.explain.class_choices import extra_choices
from resnetcam.workflow.code_digest import code_digest
from resnetcam.settings.config import load_config
from resnetcam.settings.files import check_files, found_file, missing_file
from resnetcam.settings.layers import laid_over
from resnetcam.workflow.environments import environment_digest, network_environment, pinned_versions
from resnetcam.common.files import sha256_of_file
from resnetcam.report.figure_names import CLASS_PAGES, FIGURES, GRADCAM_FIGURES, TRAINING_FIGURES
from resnetcam.common.names import nearest
from resnetcam.common.yaml_file import read_yaml

SCHEMA = read_yaml(ROOT / "schemas/config.schema.yaml")

if IS_MODULE:
    config = laid_over(read_yaml(ROOT / "config.yaml"), config)

with told_by_snakemake("The config is not right, so nothing was started.\n"):
    SETTINGS = load_config(config, SCHEMA)
    if workflow.is_main_process:
        check_files(SETTINGS["datasets"], SETTINGS["dataset"], ROOT, prefixed("results"))

# What decides every run's numbers and may come from the command line, where it is not as usual.
UNUSUAL = {
    key: SETTINGS[key]
    for key in ("backend", "precision")
    if SETTINGS[key] != SCHEMA["properties"][key]["default"]
}

DATASET = SETTINGS["dataset"]
DEVICE = SETTINGS["device"]
BACKEND = SETTINGS["backend"]
OTHER_BACKEND = {"tensorflow": "jax", "jax": "tensorflow"}[BACKEND]
ARCHIVED = [name for name, dataset in SETTINGS["datasets"].items() if "archive" in dataset]
DRAWN = [name for name, dataset in SETTINGS["datasets"].items() if "draw_seed" in dataset]
ANNOTATED = [name for name in ARCHIVED if SETTINGS["datasets"][name]["regions"]]

# Seconds of work, on which the report of the first experiment waits.
QUICK_ONES_FIRST = 100
RUN = "results/{dataset}/{experiment}/seed{seed}"
NETWORK = network_environment(BACKEND, DEVICE, on_this_machine=runs_jobs_here())
NETWORK_ENV = f"../envs/{NETWORK}.yaml"


wildcard_constraints:
    dataset=r"[^/]+",
    experiment=r"[\w.+-]+",
    seed=r"\d+",
    export=r"[^/]+",


@cache
def code(script):
    """A parameter that changes when the code that a script really runs changes its meaning."""
    return code_digest(
        ROOT / "scripts" / script,
        without=f"backends/on_{OTHER_BACKEND}/",
        memory=".snakemake/code_digests.json",
    )


def packages(name):
    """Parameters that follow what an environment pins, and what a stage checks its own against."""
    return _parameters_of_packages(name, followed=(name,))


def network_packages():
    """The same for what runs networks: device and deployment may change without a re-run."""
    return _parameters_of_packages(NETWORK, followed=(BACKEND, f"{BACKEND}-gpu"))


@cache
def _parameters_of_packages(name, followed):
    deployment = {
        "file": f"envs/{name}.yaml",
        "pins": pinned_versions(ROOT / "envs" / f"{name}.yaml"),
        "folder": folder_of_conda_environments(),
    }
    return {
        "environment": environment_digest([ROOT / "envs" / f"{one}.yaml" for one in followed]),
        "deployment": untracked(deployment),
    }


@cache
def content(*names):
    """A parameter that changes with files of report/: they belong to the workflow, wherever it is.

    They are no inputs, since to Snakemake a missing input of finished results is no fault.
    """
    paths = [ROOT / "report" / name for name in names]
    if missing := [str(path) for path in paths if not path.is_file()]:
        raise WorkflowError(f"{missing[0]} is missing: it belongs to the workflow. Restore it.")
    return " ".join(map(sha256_of_file, paths))


def untracked(value):
    """A parameter that may change without a re-run.

    Snakemake does not compare parameters that are functions of the threads or resources.
    """
    return lambda wildcards, threads: value(wildcards) if callable(value) else value


def memory(mb):
    """Megabytes, as many more with each attempt: a job may have failed for want of them."""
    return lambda wildcards, attempt: mb * attempt


def dataset_called(name):
    if name not in SETTINGS["datasets"]:
        hint = nearest(name, SETTINGS["datasets"])
        raise WorkflowError(f"The config has no dataset {name!r}{hint}.")
    return SETTINGS["datasets"][name]


def of_dataset(key, *inner):
    """A function that looks a setting of the wildcards' dataset up."""

    def setting(wildcards):
        value = dataset_called(wildcards.dataset)[key]
        for name in inner:
            value = value[name]
        return value

    return setting


def settings_of_dataset(*keys):
    """Settings as one parameter: Snakemake compares parameters without their names."""
    return lambda wildcards: {key: of_dataset(key)(wildcards) for key in keys}


def settings_of_data_and_maps(wildcards):
    """What a report says of the numbers' origin beside what each run's own file does."""
    settings = dataset_called(wildcards.dataset)
    keys = ("draw_seed", "train_images", "test_images", "validation_images", "split_seed")
    keys += ("strict_regions", "gradcam")
    return {key: settings[key] for key in keys if key in settings}


def experiment_called(name):
    if name not in SETTINGS["experiments"]:
        hint = nearest(name, SETTINGS["experiments"])
        raise WorkflowError(f"The config has no experiment {name!r}{hint}.")
    return SETTINGS["experiments"][name]


def of_experiment(key):
    """A function that looks a setting of the wildcards' experiment up."""
    return lambda wildcards: experiment_called(wildcards.experiment)[key]


def model_of(wildcards):
    return SETTINGS["models"][of_experiment("model")(wildcards)]


def plan_of(wildcards):
    """What a run trains, as one parameter."""
    return {
        "model": model_of(wildcards),
        "recipe": of_experiment("recipe_settings")(wildcards),
        "protocol": of_experiment("protocol")(wildcards),
        "seed": int(wildcards.seed),
        "backend": BACKEND,
        "precision": SETTINGS["precision"],
    }


def runs(dataset, experiments):
    """The folders of a dataset's runs, in the order of the experiments."""
    return [
        RUN.format(dataset=dataset, experiment=name, seed=seed)
        for name in experiments
        for seed in experiment_called(name)["seeds"]
    ]


def all_runs(dataset):
    return runs(dataset, SETTINGS["datasets"][dataset]["experiments"])


def detailed_experiments(wildcards):
    """What a report looks at one by one: its own experiment, or all but the members of sweeps."""
    one = wildcards.get("experiment")
    return [one] if one else of_dataset("detailed")(wildcards)


def has_regions(dataset):
    return dataset in DRAWN or dataset in ANNOTATED


def reports(dataset):
    explained = SETTINGS["datasets"][dataset]["explained"]
    folders = [f"results/{dataset}"] + [f"results/{dataset}/{name}" for name in explained]
    return [f"{folder}/report.{kind}" for folder in folders for kind in ("md", "html")]


def users_file(path):
    """An input that a person named in the config, on this machine whatever the storage."""
    found = found_file(path, ROOT)
    if workflow.is_main_process and not found:
        raise WorkflowError(missing_file("A file that the config names", path, ROOT))
    return local(found or path)


def archive_source(wildcards):
    """Where an archive comes from; its `path` as it is found."""
    source = of_dataset("archive")(wildcards)
    return source | {
        "path": source["path"] and (found_file(source["path"], ROOT) or source["path"])
    }


def folders_of_runs(wildcards, input):
    """The folders of the runs that a table or report shows, wherever results lie."""
    folder_and_name = map(os.path.split, input.results)
    return [folder for folder, name in folder_and_name if name == "metrics.json"]


def exports(dataset):
    """Files of drawn regions by the names of their summaries: those that score, and others."""
    settings = SETTINGS["datasets"][dataset]
    others = {Path(path).stem: users_file(path) for path in settings["annotations"]}
    if dataset in ANNOTATED:
        return {"regions": users_file(settings["regions"])} | others
    return ({"regions": f"results/{dataset}/regions.csv"} if dataset in DRAWN else {}) | others


def export_called(wildcards):
    """The file that a summary is of."""
    files = exports(wildcards.dataset)
    if wildcards.export not in files:
        hint = nearest(wildcards.export, files)
        raise WorkflowError(
            f"Dataset {wildcards.dataset} has no annotations called {wildcards.export!r}{hint}."
        )
    return files[wildcards.export]


def annotation_summaries(dataset, kind):
    return [f"results/{dataset}/annotations/{name}.{kind}" for name in exports(dataset)]


def annotations(dataset):
    files = annotation_summaries(dataset, "png")
    if SETTINGS["datasets"][dataset]["annotate_images"]:
        files.append(f"results/{dataset}/annotate/README.txt")
    return files


@cache
def priorities(dataset):
    names = SETTINGS["datasets"][dataset]["experiments"]
    return {name: len(names) - number for number, name in enumerate(names)}


def earlier_experiments_first(wildcards):
    """A priority, so that the first experiment has its report before the next one trains."""
    return priorities(wildcards.dataset).get(wildcards.experiment, 0)


def figure(name, caption=None):
    """An output that Snakemake's own report shows too."""
    return report(
        f"{RUN}/figures/{name}.png",
        caption=f"../report/{caption or name}.rst",
        category="{dataset}",
        subcategory="{experiment}",
        labels={"figure": name.replace("_", " "), "seed": "{seed}"},
    )


def other_classes(wildcards):
    """Those that `gradcam.classes` asks for beside the predicted and the true one."""
    classes = extra_choices(of_dataset("gradcam", "classes")(wildcards))
    if not classes:
        raise WorkflowError(
            f"Dataset {wildcards.dataset} has no figure gradcam_classes: its gradcam.classes names "
            "no class beside `predicted` and `true`."
        )
    return classes


def known_regions(wildcards):
    return [f"results/{wildcards.dataset}/regions.csv"] if has_regions(wildcards.dataset) else []


def published_history(wildcards):
    path = of_dataset("published_history")(wildcards)
    return users_file(path) if path else []


def results_of_runs(wildcards):
    """What a report shows of the runs that it looks at one by one."""
    folders = runs(wildcards.dataset, detailed_experiments(wildcards))
    names = ["metrics.json", "run.json", "history.csv"]
    names += [f"figures/{name}.png" for name in (*FIGURES, *CLASS_PAGES)]
    if extra_choices(of_dataset("gradcam", "classes")(wildcards)):
        names.append("figures/gradcam_classes.png")
    names += ["faithfulness.json", "randomisation.json"]
    names += ["localisation.json"] if has_regions(wildcards.dataset) else []
    shown = [f"{folder}/{name}" for folder in folders for name in names]
    kept = ("model.keras", "predictions.h5", "gradcam.h5", "randomised.h5")
    make_lost_ones_again([*shown, *(f"{folder}/{name}" for folder in folders for name in kept)])
    make_lost_ones_again(results_of_dataset(wildcards.dataset))
    return shown


def results_of_dataset(dataset):
    """What there is beside the runs, as far as it is made."""
    names = ["archive.json", "images.tar.gz", "regions.csv", "data.h5", "baseline.json"]
    names += ["comparison.csv", "comparison.png"]
    summaries = annotation_summaries(dataset, "json") + annotation_summaries(dataset, "png")
    return [f"results/{dataset}/{name}" for name in names] + summaries


def results_to_compare(wildcards):
    """What the table of all experiments is made of."""
    folders = all_runs(wildcards.dataset)
    make_lost_ones_again(
        f"{folder}/{name}" for folder in folders for name in ("model.keras", "predictions.h5")
    )
    names = ("metrics.json", "run.json", "history.csv")
    return [f"{folder}/{name}" for folder in folders for name in names]


def make_lost_ones_again(files):
    """Have files made that were there and are not, also where all that was made of them is.

    Snakemake by itself makes none again that only finished ones need, and a report would lead
    nowhere. What was never made is left to it.
    """
    if workflow.is_main_process and not workflow.storage_settings.default_storage_provider:
        lost = (path for path in map(prefixed, files) if not os.path.exists(path))
        workflow.dag.forcefiles.update(
            path for path in lost if workflow.persistence.metadata(IOFile(path))
        )


def files_that_rules_make(below):
    """What stands behind a part of their outputs' patterns."""
    outputs = [pattern for rule in workflow.rules for pattern in rule.output]
    patterns = [strip_wildcard_constraints(pattern) for pattern in outputs]
    return sorted({pattern.rpartition(below)[2] for pattern in patterns if below in pattern})


def no_such_file_of_a_run(wildcards):
    experiment_called(wildcards.experiment)
    hint = nearest(wildcards.unknown, FILES_OF_RUNS)
    known = ", ".join(FILES_OF_RUNS)
    raise WorkflowError(f"A run has no file {wildcards.unknown!r}{hint}. It has: {known}")


def facts_of_experiments(names):
    """What a table says of experiments, of these and no others."""
    keys = ("model", "recipe", "protocol", "sweep", "overrides")
    return {name: {key: SETTINGS["experiments"][name][key] for key in keys} for name in names}
