# What the rules share: the checked settings, and functions of wildcards.

import os
import re
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from resnetcam.code_digest import code_digest
from resnetcam.config import check_published_histories, load_config
from resnetcam.environments import (
    ask_for_huge_pages,
    environment_digest,
    shut_out_user_packages,
)
from resnetcam.errors import InputError
from resnetcam.layout import CLASS_PAGES, FIGURES, GRADCAM_FIGURES, TRAINING_FIGURES
from resnetcam.names import nearest
from resnetcam.surroundings import check_temporary_folder, forget_python_options
from resnetcam.yaml_file import read_yaml

SCHEMA = read_yaml(ROOT / "schemas/config.schema.yaml")

try:
    check_temporary_folder()
except InputError as error:
    raise WorkflowError(str(error)) from None

try:
    SETTINGS = load_config(config, SCHEMA)
    check_published_histories(SETTINGS["datasets"])
except InputError as error:
    raise WorkflowError(f"The config is not right, so nothing was started.\n{error}") from None

# For the command that a report names: config files laid over config.yaml, and what decides every
# run's numbers, where it is not as usual and may come from the command line.
OVERLAYS = [os.path.relpath(path) for path in workflow.overwrite_configfiles]
UNUSUAL = {
    key: SETTINGS[key]
    for key in ("backend", "precision")
    if SETTINGS[key] != SCHEMA["properties"][key]["default"]
}

shut_out_user_packages()
forget_python_options()
ask_for_huge_pages()

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
NETWORK_ENV = f"../envs/{BACKEND}.yaml" if DEVICE == "cpu" else f"../envs/{BACKEND}-gpu.yaml"


wildcard_constraints:
    dataset="|".join(map(re.escape, SETTINGS["datasets"])),
    experiment=r"[\w.+-]+",
    seed=r"\d+",
    export=r"[\w.+-]+",


@cache
def code(script):
    """A parameter that changes when the code that a script really runs changes its meaning."""
    return code_digest(
        ROOT / "scripts" / script,
        without=f"backends/{OTHER_BACKEND}_",
        memory=".snakemake/code_digests.json",
    )


@cache
def environment(*names):
    """A parameter that changes when a package of an environment changes its version."""
    return environment_digest([ROOT / "envs" / f"{name}.yaml" for name in names])


def network_environment():
    """The same for what runs networks: device and deployment may change without a re-run."""
    return environment(BACKEND, f"{BACKEND}-gpu")


def untracked(value):
    """A parameter that may change without a re-run.

    Snakemake does not compare parameters that are functions of the threads or resources.
    """
    return lambda wildcards, threads: value(wildcards) if callable(value) else value


def memory(mb):
    """Megabytes, as many more with each attempt: a job may have failed for want of them."""
    return lambda wildcards, attempt: mb * attempt


def of_dataset(key, *inner):
    """A function that looks a setting of the wildcards' dataset up."""

    def setting(wildcards):
        value = SETTINGS["datasets"][wildcards.dataset][key]
        for name in inner:
            value = value[name]
        return value

    return setting


def settings_of_dataset(*keys):
    """Settings as one parameter: Snakemake compares parameters without their names."""
    return lambda wildcards: {key: of_dataset(key)(wildcards) for key in keys}


def settings_of_data_and_maps(wildcards):
    """What a report says of the numbers' origin beside what each run's own file does."""
    settings = SETTINGS["datasets"][wildcards.dataset]
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
    return local(os.path.expanduser(path))


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
        files.append(f"results/{dataset}/annotate/project.json")
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
    names += ["faithfulness.json", "randomisation.json"]
    names += ["localisation.json"] if has_regions(wildcards.dataset) else []
    return [f"{folder}/{name}" for folder in folders for name in names]


def facts_of_experiments(names):
    """What a table says of experiments, of these and no others."""
    keys = ("model", "recipe", "protocol", "sweep", "overrides")
    return {name: {key: SETTINGS["experiments"][name][key] for key in keys} for name in names}
