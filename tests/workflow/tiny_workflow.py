"""A copy of the workflow in a folder of its own, with settings small enough for seconds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / ".venv/plugins"
PARTS = ["Snakefile", "rules", "scripts", "config.yaml", "schemas", "profiles", "envs", "report"]

RUN = Path("results/shapes/tiny/seed1")

# Seconds after which something is taken to hang: many times what it needs on a busy machine.
PATIENCE = 1200

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

    def run(self, *arguments, check=True):
        result = subprocess.run(
            **self._call(arguments), capture_output=True, text=True, timeout=PATIENCE
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


def states(workflow):
    """The checkpoints of all trainings."""
    return set(workflow.folder.glob(".training/*/epoch-*"))


def model(workflow):
    return (workflow.folder / RUN / "model.keras").read_bytes()
