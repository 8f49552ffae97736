# This process: what it was called for, where its jobs run, and the folder that it keeps to itself.

import os
import sys
from contextlib import contextmanager

from snakemake.common import SNAKEFILE_CHOICES
from snakemake.dag import DAG
from snakemake.settings.types import DeploymentMethod

# Of another workflow, whose process and whose last words are none of this one's business.
IS_MODULE = not workflow.modifier.is_main_snakefile()

sys.path.insert(0, str(ROOT / "scripts"))
import resnetcam

# From now on the library is found without it, and `import train` of another workflow finds its own.
sys.path.pop(0)
if Path(resnetcam.__path__[0]).resolve() != (ROOT / "scripts/resnetcam").resolve():
    raise WorkflowError(
        f"The library of {resnetcam.__path__[0]} is in use already, and {ROOT} has its own. Use one "
        "clone for all modules of a workflow."
    )

from resnetcam.workflow.environments import (
    ask_for_huge_pages,
    interpreter_without_spaces,
    remembered_by_children,
    shut_out_user_packages,
)
from resnetcam.common.errors import InputError
from resnetcam.workflow.messages import PlainErrors, SizesOfEnvironments
from resnetcam.workflow.surroundings import (
    check_temporary_folder,
    forget_python_options,
    lock_of_folder,
    only_looks,
)
from resnetcam.common.yaml_file import check_config_file

# Later ones lie over earlier ones. A module is given a config, and reads no file but the shipped one.
CONFIG_FILES = [os.path.relpath(ROOT / "config.yaml")]
if not IS_MODULE and os.path.exists("config.yaml") and Path.cwd().resolve() != ROOT.resolve():
    CONFIG_FILES.append("config.yaml")

WORKS = (
    workflow.is_main_process
    and not workflow.output_settings.dryrun
    and not only_looks(sys.argv)
    and not IS_MODULE
)

# What of this call a report needs to know; paths as seen from the working directory.
OVERLAYS = [os.path.relpath(path) for path in workflow.overwrite_configfiles]
SNAKEFILE = os.path.relpath(workflow.main_snakefile)
CALL = {
    "config_files": list(
        dict.fromkeys([*CONFIG_FILES, *([SNAKEFILE] if IS_MODULE else []), *OVERLAYS])
    ),
    "overlays": OVERLAYS,
    "snakefile": None if Path(SNAKEFILE) in SNAKEFILE_CHOICES else SNAKEFILE,
    "in_module": IS_MODULE,
}
# Results lie under the prefix that a module may have been given.
prefixed = workflow.modifier.path_modifier.replace_prefix


@contextmanager
def told_by_snakemake(introduction=""):
    """What is wrong with a user's file or setting is the whole message."""
    try:
        yield
    except InputError as error:
        raise WorkflowError(f"{introduction}{error}") from None


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


def check_config_files():
    """Those that Snakemake is about to read, and has read from the command line already."""
    overlays = [] if IS_MODULE else workflow.overwrite_configfiles
    for path in (*CONFIG_FILES, *overlays):
        if path in overlays or not overlays or os.path.exists(path):
            check_config_file(path)


def prepare_this_process():
    """What the jobs that this process starts, and its own words, need."""
    for a_filter in (SizesOfEnvironments(), PlainErrors()):
        logger.addFilter(a_filter)
    if WORKS:
        # Before anything is made: a second one would delete environments that the first has half made.
        global lock
        lock = lock_of_folder(".snakemake")
    if workflow.is_main_process and "--conda-create-envs-only" not in sys.argv:
        make_only_needed_environments()
    shut_out_user_packages()
    forget_python_options()
    ask_for_huge_pages()
    check_temporary_folder()
    sys.executable = interpreter_without_spaces(sys.executable)


with told_by_snakemake():
    if not IS_MODULE:
        prepare_this_process()
    check_config_files()
