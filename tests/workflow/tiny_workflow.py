"""A copy of the workflow in a folder of its own, with settings small enough for seconds."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from prepared import INTERPRETER, Server

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / ".venv/plugins"
PARTS = ["Snakefile", "rules", "scripts", "config.yaml", "schemas", "profiles", "envs", "report"]
PARTS += ["CITATION.cff"]

RUN = Path("results/shapes/tiny/seed1")

# Arguments with which no stage is started, or one in an environment of its own.
OTHER_STAGES = {"-n", "--report", "--containerize", "--use-conda"}

# Seconds after which something is taken to hang: many times what it needs on a busy machine.
PATIENCE = 1200

TINY = """\
dataset: shapes
device: cpu
shift: {images: 5}
datasets:
  shapes:
    train_images: 200
    test_images: 60
    validation_images: 40
    annotate_images: 3
    gradcam: {methods: [gradcam, eigencam], layers: [final, stage2], images: 30, steps: 4}
    shift: {images: 8}
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

    def run(self, *arguments, **options):
        """Run ``snakemake`` in this folder."""
        return snakemake(self.folder, *self._arguments(arguments), **options)

    def start(self, *arguments):
        """Start a run as the leader of a process group of its own."""
        return subprocess.Popen(
            [sys.executable, *_snakemake(self._arguments(arguments))],
            cwd=self.folder,
            env=_environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _arguments(self, arguments):
        overlay = [] if "--configfile" in arguments else ["--configfile", "tiny.yaml"]
        return [*arguments, *overlay]

    def planned(self, *arguments):
        """The rules that the next run would execute, with the number of their jobs."""
        return rules_of_plan(self.run("--quiet", "rules", "-n", *arguments))

    def edit(self, path, old, new):
        text = (self.folder / path).read_text()
        assert old in text, f"{path} does not contain {old!r}"
        (self.folder / path).write_text(text.replace(old, new, 1))

    def copy_to(self, folder):
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workflow(folder)


def snakemake(folder, *arguments, check=True, own_process=False, through=()):
    """Run Snakemake in a folder to its end; return what it said, as ``output``, and its status.

    Args:
        check: it must end well.
        own_process: start it and its stages from nothing, as users do; else what they import of
            other packages is there already (see prepared.py).
        through: a command that starts it so, such as ``nice``.
    """
    words = _snakemake(map(str, arguments))
    command, environment = [*through, sys.executable, *words], _environment()
    if not (own_process or through):
        command = server("snakemake", os.environ.get("PYTHONPATH")).command(*words)
        if not OTHER_STAGES.intersection(words):
            environment[INTERPRETER] = server("stage", None).interpreter()
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    result.output = result.stdout + result.stderr
    if check:
        assert result.returncode == 0, result.output
    return result


def _snakemake(arguments):
    # The last one counts, of several.
    return ["-m", "snakemake", "--cores", "2", *arguments]


def _environment():
    search = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
    return {**os.environ, "PATH": search, "COLUMNS": "200"}


@cache
def server(kind, path):
    """The process of a kind that others are forked from, by the folders that it imports from."""
    return Server(kind)


def rules_of_plan(result):
    """The rules in the table of a plan that was printed, with the number of their jobs."""
    table = re.findall(r"^(\w+) +(\d+)$", result.output, re.MULTILINE)
    return {rule: int(count) for rule, count in table if rule not in ("all", "total")}


def states(workflow):
    """The checkpoints of all trainings."""
    return set(workflow.folder.glob(".training/*/epoch-*"))


def model(workflow):
    return (workflow.folder / RUN / "model.keras").read_bytes()
