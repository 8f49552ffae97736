# What the rules share: the checked settings, and functions of wildcards.

import re
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from resnetcam.code_digest import code_digest
from resnetcam.config import load_config
from resnetcam.environments import environment_digest
from resnetcam.errors import InputError
from resnetcam.layout import CLASS_PAGES, FIGURES, GRADCAM_FIGURES, TRAINING_FIGURES

try:
    SETTINGS = load_config(config, yaml.safe_load((ROOT / "schemas/config.schema.yaml").open()))
except InputError as error:
    raise WorkflowError(f"The config is not right, so nothing was started.\n{error}") from None

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
    experiment="|".join(map(re.escape, SETTINGS["experiments"])),
    seed=r"\d+",
    export=r"[\w.+-]+",


@cache
def code(script):
    """A parameter that changes when the code that a script really runs changes its meaning."""
    return code_digest(ROOT / "scripts" / script, without=f"backends/{OTHER_BACKEND}_")


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


def of_experiment(key):
    return lambda wildcards: SETTINGS["experiments"][wildcards.experiment][key]


def model_of(wildcards):
    return SETTINGS["models"][of_experiment("model")(wildcards)]


def recipe_of(wildcards):
    return SETTINGS["recipes"][of_experiment("recipe")(wildcards)]


def plan_of(wildcards):
    """What a run trains, as one parameter."""
    return {
        "model": model_of(wildcards),
        "recipe": recipe_of(wildcards),
        "protocol": of_experiment("protocol")(wildcards),
        "seed": int(wildcards.seed),
        "backend": BACKEND,
        "precision": SETTINGS["precision"],
    }


def runs(dataset, experiment=None):
    """The folders of a dataset's runs, in the config's order, of one experiment or of all."""
    chosen = [experiment] if experiment else SETTINGS["datasets"][dataset]["experiments"]
    return [
        RUN.format(dataset=dataset, experiment=name, seed=seed)
        for name in chosen
        for seed in SETTINGS["experiments"][name]["seeds"]
    ]


def has_regions(dataset):
    return dataset in DRAWN or dataset in ANNOTATED


def reports(dataset):
    experiments = SETTINGS["datasets"][dataset]["experiments"]
    folders = [f"results/{dataset}"] + [f"results/{dataset}/{name}" for name in experiments]
    return [f"{folder}/report.{kind}" for folder in folders for kind in ("md", "html")]


def exports(dataset):
    """Files of drawn regions by the names of their summaries: those that score, and others."""
    settings = SETTINGS["datasets"][dataset]
    known = settings["regions"] if dataset in ANNOTATED else f"results/{dataset}/regions.csv"
    others = {Path(path).stem: path for path in settings["annotations"]}
    return ({"regions": known} if has_regions(dataset) else {}) | others


def annotation_summaries(dataset, kind):
    return [f"results/{dataset}/annotations/{name}.{kind}" for name in exports(dataset)]


def annotations(dataset):
    files = annotation_summaries(dataset, "png")
    if SETTINGS["datasets"][dataset]["annotate_images"]:
        files.append(f"results/{dataset}/annotate/project.json")
    return files


def earlier_experiments_first(wildcards):
    """A priority, so that the first experiment has its report before the next one trains."""
    experiments = SETTINGS["datasets"][wildcards.dataset]["experiments"]
    if wildcards.experiment not in experiments:
        return 0
    return len(experiments) - experiments.index(wildcards.experiment)


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
    return of_dataset("published_history")(wildcards) or []


def results_of_runs(wildcards):
    """What a report shows of its runs: those of one experiment, or of the whole dataset."""
    folders = runs(wildcards.dataset, wildcards.get("experiment"))
    names = ["metrics.json", "run.json", "history.csv"]
    names += [f"figures/{name}.png" for name in (*FIGURES, *CLASS_PAGES)]
    names += ["faithfulness.json", "randomisation.json"]
    names += ["localisation.json"] if has_regions(wildcards.dataset) else []
    return [f"{folder}/{name}" for folder in folders for name in names]


def experiments_of(wildcards):
    """The settings of the experiments that a report shows, and of no others."""
    one = wildcards.get("experiment")
    names = [one] if one else of_dataset("experiments")(wildcards)
    return {name: SETTINGS["experiments"][name] for name in names}
