"""A copy of the workflow in a folder of its own, with settings small enough for seconds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "rules", "scripts", "config.yaml", "schemas", "profiles", "envs", "report"]

TINY = """\
dataset: shapes
device: cpu
datasets:
  shapes:
    train_images: 200
    test_images: 60
    validation_images: 40
    annotate_images: 3
    gradcam: {methods: [gradcam, eigencam], layers: [final, stage2], images: 30, steps: 4}
    experiments: [tiny]
experiments:
  tiny: {model: resnet8v1, recipe: tiny, protocol: holdout, seeds: [1]}
models:
  resnet8v1: {family: resnet_v1, depth: 8}
recipes:
  tiny:
    epochs: 2
    batch_size: 20
    optimizer: {name: sgd, momentum: 0.9}
    schedule: {name: one_cycle, peak: 0.05}
    batch_norm_momentum: 0.9
    augmentation: {flip: random, crop_padding: 2}
"""


FAKE_CONDA = """#!/bin/sh
case "$*" in
  *--version*) echo "conda 25.1.0" ;;
  *) echo '{"conda_version": "25.1.0", "get": {"channel_priority": "strict"},
            "platform": "linux-64", "root_prefix": "/nowhere", "conda_prefix": "/nowhere",
            "envs": [], "channels": []}' ;;
esac
"""


class Workflow:
    """The workflow in ``folder``; ``tiny.yaml`` there is laid over its config."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments, check=True, timeout=400):
        result = subprocess.run(
            **self._call(arguments), capture_output=True, text=True, timeout=timeout
        )
        result.output = result.stdout + result.stderr
        if check:
            assert result.returncode == 0, result.output
        return result

    def start(self, *arguments):
        """Start a run as the leader of a process group of its own."""
        return subprocess.Popen(
            **self._call(arguments),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _call(self, arguments):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        if "--configfile" not in arguments:
            command += ["--configfile", "tiny.yaml"]
        search = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
        environment = {**os.environ, "PATH": search, "COLUMNS": "200"}
        return {"args": command, "cwd": self.folder, "env": environment}

    def planned(self, *arguments):
        """The rules that the next run would execute, with the number of their jobs."""
        output = self.run("--quiet", "rules", "-n", *arguments).output
        table = re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)
        return {rule: int(count) for rule, count in table if rule not in ("all", "total")}

    def edit(self, path, old, new):
        text = (self.folder / path).read_text()
        assert old in text, f"{path} does not contain {old!r}"
        (self.folder / path).write_text(text.replace(old, new, 1))

    def copy_to(self, folder):
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workflow(folder)


@pytest.fixture(scope="session")
def fresh_workflow(tmp_path_factory):
    """Returns a function that makes a workflow which has never run."""

    def make():
        folder = tmp_path_factory.mktemp("fresh") / "workflow"
        folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            ignore = shutil.ignore_patterns("__pycache__")
            copy = shutil.copy2 if source.is_file() else shutil.copytree
            copy(source, folder / part, **({} if source.is_file() else {"ignore": ignore}))
        (folder / "resources").mkdir()
        for table in (ROOT / "resources").glob("*.csv"):
            shutil.copy2(table, folder / "resources")
        (folder / "tiny.yaml").write_text(TINY)
        return Workflow(folder)

    return make


@pytest.fixture(scope="session")
def finished_workflow(fresh_workflow):
    """A workflow after a whole run on a tiny configuration. Copy it before you change it."""
    workflow = fresh_workflow()
    workflow.first_run = workflow.run()
    return workflow


@pytest.fixture
def workflow(finished_workflow, tmp_path):
    """A finished workflow that a test may change."""
    return finished_workflow.copy_to(tmp_path / "workflow")


@pytest.fixture
def conda(tmp_path, monkeypatch):
    """A conda that answers enough for a plan."""
    path = tmp_path / "bin" / "conda"
    path.parent.mkdir()
    path.write_text(FAKE_CONDA)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
