"""The environments that --use-conda makes are complete.

Conda's part (a Python and pip) is left out: this builds each pip part into a clean environment.
"""

import subprocess
import sys

import pytest
import yaml
from test_environments import SCRIPTS
from tiny_workflow import ROOT

from resnetcam.workflow.code_digest import local_files

SCRIPTS_FOLDER = (ROOT / "scripts").resolve()


def modules_of(environment):
    """Every module of the library that a script imports which runs in an environment."""
    others = "backends/on_tensorflow/" if "jax" in environment else "backends/on_jax/"
    files = {
        path
        for script in SCRIPTS[environment]
        for path in local_files(SCRIPTS_FOLDER / f"{script}.py", others)
    }
    relative = [path.relative_to(SCRIPTS_FOLDER) for path in files]
    return sorted(".".join(path.with_suffix("").parts) for path in relative if len(path.parts) > 1)


# The GPU environments are gigabytes of CUDA; test_environments.py checks their pins.
@pytest.mark.parametrize("environment", ["data", "report", "tensorflow", "jax"])
def test_an_environment_alone_holds_all_that_its_scripts_import(environment, tmp_path):
    *_, last = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    pins = tmp_path / "pins.txt"
    pins.write_text("\n".join(last["pip"]))
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", "-r", pins], check=True)
    code = (
        f"import sys; sys.path.append({str(SCRIPTS_FOLDER)!r})\n"
        "import os; os.environ['KERAS_BACKEND'] = sys.argv[1]\n"
        "import importlib\n"
        "for name in sys.argv[2:]: importlib.import_module(name)\n"
    )
    modules = modules_of(environment)
    assert len(modules) > 5

    backend = "jax" if environment == "jax" else "tensorflow"
    subprocess.run([python, "-I", "-c", code, backend, *modules], check=True)
