# This process: what it was called for, where its jobs run, and the folder that it keeps to itself.

import os
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from resnetcam.workflow.environments import (
    ask_for_huge_pages,
    interpreter_without_spaces,
    remembered_by_children,
    shut_out_user_packages,
)
from resnetcam.common.errors import InputError
from resnetcam.common.locks import try_lock
from resnetcam.workflow.messages import PlainErrors, SizesOfEnvironments
from resnetcam.workflow.surroundings import check_temporary_folder, forget_python_options
from resnetcam.common.yaml_file import check_config_file

for a_filter in (SizesOfEnvironments(), PlainErrors()):
    logger.addFilter(a_filter)

# Calls that change nothing in the folder, and so may be made while another snakemake is at work.
ONLY_LOOKS = {
    *("--lint", "-l", "--list-rules", "--list-target-rules", "--lt", "--print-compilation"),
    *("--summary", "-S", "--detailed-summary", "-D", "--list-changes", "--lc", "--list-conda-envs"),
    *("--list-untracked", "--lu", "--list-input-changes", "--li", "--list-params-changes", "--lp"),
    *("--dag", "--rulegraph", "--filegraph", "--d3dag", "--report", "--containerize", "--unlock"),
}
WORKS = (
    workflow.is_main_process
    and not workflow.output_settings.dryrun
    and (
        "--report-after-run" in sys.argv
        or not ONLY_LOOKS.intersection(word.partition("=")[0] for word in sys.argv)
    )
)


@contextmanager
def told_by_snakemake(introduction=""):
    """What is wrong with a user's file or setting is the whole message."""
    try:
        yield
    except InputError as error:
        raise WorkflowError(f"{introduction}{error}") from None


def take_lock():
    """Keep a second snakemake out of this folder; the kernel lets go however this one ends.

    Snakemake's own lock survives a kill and then asks to be removed by hand (see profiles/). Taken
    before anything is made: a second one would delete environments that the first has half made.
    """
    global lock
    os.makedirs(".snakemake", exist_ok=True)
    lock = open(".snakemake/running", "a+")
    if not try_lock(lock):
        lock.seek(0)
        raise WorkflowError(
            f"Another snakemake is at work in this folder (process {lock.read().strip()}). "
            "Wait for it to end, or work in another copy of the folder."
        )
    lock.truncate(0)
    lock.write(f"{os.getpid()} on {socket.gethostname()}")
    lock.flush()


def runs_jobs_here():
    """Whether jobs run on this machine: Snakemake counts them only where they run elsewhere.

    A job that was submitted, and whatever it calls, does as the process that submitted it.
    """
    here = workflow.resource_settings.nodes is None and "--containerize" not in sys.argv
    return remembered_by_children(here if workflow.is_main_process else None)


def folder_of_conda_environments():
    """Where Snakemake keeps the environments that it makes; None if it makes none."""
    methods = workflow.deployment_settings.deployment_method
    if DeploymentMethod.CONDA not in methods or DeploymentMethod.APPTAINER in methods:
        return None
    return os.path.abspath(workflow.deployment_settings.conda_prefix or ".snakemake/conda")


def make_only_needed_environments():
    """Finished jobs need no environment; Snakemake makes one for each that it looks at."""
    make = DAG.create_conda_envs

    def make_needed(dag, *arguments, **options):
        needed = {job.conda_env for job in dag.needrun_jobs()}
        dag.conda_envs = {key: env for key, env in dag.conda_envs.items() if env in needed}
        make(dag, *arguments, **options)

    DAG.create_conda_envs = make_needed


if WORKS:
    take_lock()
if workflow.is_main_process and "--conda-create-envs-only" not in sys.argv:
    make_only_needed_environments()

shut_out_user_packages()
forget_python_options()
ask_for_huge_pages()
with told_by_snakemake():
    check_temporary_folder()
    sys.executable = interpreter_without_spaces(sys.executable)
    if not workflow.overwrite_configfiles or os.path.exists("config.yaml"):
        check_config_file("config.yaml")
