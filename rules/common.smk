# What the rules share: the checked settings, and parameters that decide what runs again. What needs no
# Snakemake is in scripts/resnetcam/settings and scripts/resnetcam/workflow.

from functools import cache

from snakemake import __version__ as VERSION_OF_SNAKEMAKE
from snakemake.utils import available_cpu_count

from resnetcam.workflow.code_digest import code_digest
from resnetcam.workflow.training_code import other_backends, training_code
from resnetcam.provenance.citation import read_citation
from resnetcam.settings.catalogue import RUN, Catalogue
from resnetcam.settings.config import load_config
from resnetcam.settings.files import check_files
from resnetcam.settings.merging import laid_over
from resnetcam.settings.schema import read_schema
from resnetcam.workflow.environments import deployment, environment_digest, network_environment
from resnetcam.common.files import sha256_of_file
from resnetcam.common.yaml_file import read_yaml

SCHEMA = read_schema(ROOT / "schemas")

if IS_MODULE:
    config = laid_over(read_yaml(ROOT / "config.yaml"), config)

with told_by_snakemake("The config is not right, so nothing was started.\n"):
    SETTINGS = load_config(config, SCHEMA)
    if workflow.is_main_process:
        check_files(SETTINGS["datasets"], SETTINGS["dataset"], ROOT, prefixed("results"))

with told_by_snakemake():
    CITATION = read_citation(ROOT / "CITATION.cff")

# What decides every run's numbers and may come from the command line, where it is not as usual.
UNUSUAL = {
    key: SETTINGS[key]
    for key in ("backend", "precision")
    if SETTINGS[key] != SCHEMA["properties"][key]["default"]
}

catalogue = Catalogue(SETTINGS)
DEVICE = SETTINGS["device"]
BACKEND = SETTINGS["backend"]
MEMORY_OF_CODE = ".snakemake/code_digests.json"
NETWORK = network_environment(BACKEND, DEVICE, on_this_machine=runs_jobs_here())
NETWORK_ENV = f"../envs/{NETWORK}.yaml"

RUN_LOGS = RUN.replace("results", "logs", 1)
RUN_TIMES = RUN.replace("results", "benchmarks", 1)
# Seconds of work, on which the report of the first experiment waits.
QUICK_ONES_FIRST = 100


wildcard_constraints:
    dataset=r"[^/]+",
    experiment=r"[\w.+-]+",
    seed=r"\d+",
    export=r"[^/]+",
    choices=r"[0-9a-f]{8}",
    test_set=r"[^/]+",


# Parameters. A rule runs again when one of them changes, unless it is untracked.


def stage(script, environment):
    """For all rules: the code that a script really runs, and the packages it runs on."""
    return {"code": code(script), **packages(environment, followed=(environment,))}


def network_stage(code):
    """The same for what runs networks: device and deployment may change without a re-run."""
    return {
        "code": code,
        **packages(NETWORK, followed=(BACKEND, f"{BACKEND}-gpu")),
        "backend": BACKEND,
        "device": untracked(DEVICE),
    }


def code(script):
    """Of a script and what it reaches; of CAM methods, those of the wildcards' dataset."""
    return lambda wildcards: digest(script, *sorted(methods_of(wildcards)))


def methods_of(wildcards):
    """New images, which are of no dataset, are explained by Grad-CAM alone."""
    is_of_dataset = "dataset" in wildcards.keys()
    return of_dataset("gradcam", "methods")(wildcards) if is_of_dataset else ["gradcam"]


@cache
def digest(script, *methods):
    return code_digest(
        ROOT / "scripts" / script,
        without=other_backends(BACKEND),
        members={"resnetcam.explain.methods": methods},
        memory=MEMORY_OF_CODE,
    )


def code_of_training(wildcards):
    """The same of what a training computes and writes: not of what it logs."""
    plan = catalogue.plan(wildcards.experiment, wildcards.seed)
    recipe = plan["recipe"]
    names = plan["model"]["family"], recipe["optimizer"]["name"], recipe["schedule"]["name"]
    return digests_of_training(*names)


@cache
def digests_of_training(family, optimizer, schedule):
    return training_code(
        ROOT / "scripts/train.py",
        BACKEND,
        family=family,
        optimizer=optimizer,
        schedule=schedule,
        memory=MEMORY_OF_CODE,
    )


@cache
def packages(environment, followed):
    """Parameters that follow what environments pin, and what a stage checks its own against."""
    path = ROOT / "envs" / f"{environment}.yaml"
    return {
        "environment": environment_digest([path.with_name(f"{name}.yaml") for name in followed]),
        "deployment": untracked(deployment(path, folder_of_conda_environments())),
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


# Resources and priorities.


def beside_other_seeds(most):
    """So many threads that all seeds of an experiment run side by side, where jobs run here.

    Small images and batches do not keep several threads busy.
    """

    def threads(wildcards):
        if not runs_jobs_here():
            return most
        seeds = len(catalogue.experiment(wildcards.experiment)["seeds"])
        return max(1, min(most, min(workflow.cores, available_cpu_count()) // seeds))

    return threads


def memory(mb):
    """Megabytes, as many more with each attempt: a job may have failed for want of them."""
    return lambda wildcards, attempt: mb * attempt


def network_resources(mb):
    return {"gpu": int(NETWORK.endswith("-gpu")), "mem_mb": memory(mb)}


def earlier_experiments_first(wildcards):
    """A priority, so that the first experiment has its report before the next one trains."""
    return catalogue.priority(wildcards.dataset, wildcards.experiment)
