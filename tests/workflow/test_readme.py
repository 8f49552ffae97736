"""The steps of the README's "Change an experiment", from its own text."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image
from tiny_workflow import ROOT

pytestmark = pytest.mark.slow

# Small enough for seconds, laid over what the text says.
SMALL = """\
recipes: {fast: {epochs: 1, batch_size: 20, progressive_resizing: []}}
datasets: {shapes: {gradcam: {methods: [gradcam], layers: [final], images: 20, steps: 2}}}
"""


def steps():
    """Each step by its first words, and the blocks of YAML that stand in it."""
    section = (ROOT / "README.md").read_text().split("\n## Change an experiment\n")[1]
    section = section.split("\n## ")[0]
    found = re.findall(r"\*\*(\w[^*]*)\*\*.*?(?=\n\*\*|\Z)", "**Begin**" + section, re.DOTALL)
    parts = re.split(r"\n(?=\*\*\w[^*]*\*\*)", "**Begin**" + section)
    blocks = [re.findall(r"```yaml\n(.*?)```", part, re.DOTALL) for part in parts]
    return {name: one for name, one in zip(found, blocks, strict=True) if one}


BLOCKS = steps()
STEPS = {name: one[0] for name, one in BLOCKS.items()}


def test_the_steps_are_found():
    assert list(STEPS) == ["Begin", "Sweep", "Add a model", "Change a recipe", "Your own images"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_laid_over_the_config_is_planned_as_it_stands(fresh_workflow, step):
    workflow = fresh_workflow()
    for name in ("cat", "dog"):
        (workflow.folder / "images" / name).mkdir(parents=True)
        (workflow.folder / "images" / name / "1.png").write_bytes(b"")
    text = STEPS[step].replace("/data/mine", str(workflow.folder / "images"))
    (workflow.folder / "mine.yaml").write_text(text)
    dataset = "mine" if step == "Your own images" else "cifar10"

    arguments = ["--configfile", "mine.yaml", "--config", f"dataset={dataset}"]
    planned = workflow.planned(*arguments)

    expected = {"Begin": 4, "Sweep": 24, "Add a model": 2, "Change a recipe": 2}
    expected |= {"Your own images": 1}
    assert planned["train"] == expected[step]
    assert planned["report"] == 1


@pytest.mark.parametrize("step", ["Begin", "Add a model", "Change a recipe"])
def test_a_step_runs_to_its_table_on_the_drawn_images(workflow, step):
    text = STEPS[step].replace("cifar10", "shapes")
    (workflow.folder / "mine.yaml").write_text(text)
    (workflow.folder / "small.yaml").write_text(SMALL)
    if step == "Begin":
        workflow.edit("tiny.yaml", "experiments: [tiny]", "experiments: [fast]")
    overlays = ["--configfile", "tiny.yaml", "mine.yaml", "small.yaml"]

    workflow.run("results/shapes/comparison.csv", *overlays)

    experiments = yaml.safe_load(text)["experiments"]
    table = (workflow.folder / "results/shapes/comparison.csv").read_text()
    for name, experiment in experiments.items():
        seeds = " ".join(map(str, experiment["seeds"]))
        assert re.search(rf"^{name},.*,{seeds},{len(experiment['seeds'])},", table, re.MULTILINE)


def test_an_archive_of_ones_own_runs_to_its_report(workflow):
    """The drawn archive stands for a user's own."""
    own = workflow.folder / "mine-binary.tar.gz"
    shutil.copy(workflow.folder / "results/shapes/images.tar.gz", own)
    text = re.sub(r"/data/mine-binary\.tar\.gz", own.name, BLOCKS["Your own images"][1])
    text = re.sub(r"\b[0-9a-f]{64}\b", hashlib.sha256(own.read_bytes()).hexdigest(), text)
    for many, few in {"train_images: 50000": 200, "test_images: 10000": 60}.items():
        text = text.replace(many, f"{many.partition(' ')[0]} {few}")
    (workflow.folder / "mine.yaml").write_text(text)
    (workflow.folder / "small.yaml").write_text(SMALL.replace("shapes", "mine"))
    overlays = ["--configfile", "tiny.yaml", "mine.yaml", "small.yaml"]

    output = workflow.run(*overlays, "--config", "dataset=mine").output

    assert "Report: results/mine/report.md" in output
    assert (workflow.folder / "results/mine/fast/seed1/model.keras").exists()


def as_a_script(text, workflow):
    """Run Python for the finished run in place of the one of `make run`."""
    text = text.replace("demo/seed1", "tiny/seed1").replace(
        "stage3_block3_out", "stage3_block1_out"
    )
    return subprocess.run(
        [sys.executable, "-c", text],
        cwd=workflow.folder,
        env=os.environ | {"MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_lines_that_ask_a_network_draw_a_map(workflow):
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(text.strip().splitlines()) <= 14

    done = as_a_script(text, workflow)

    assert done.returncode == 0, done.stderr
    drawn = np.asarray(Image.open(workflow.folder / "map.png").convert("RGB"))
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 500


def test_the_notebook_runs_from_its_first_cell_to_its_last(workflow):
    notebook = json.loads((ROOT / "docs/explore.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    texts = ["".join(cell["source"]) for cell in cells]

    done = as_a_script("\n".join(texts), workflow)

    assert done.returncode == 0, done.stderr
    assert "It is: " in done.stdout
    assert (workflow.folder / "results/notebook/predictions.html").exists()
    pictures = [
        output for cell in cells for output in cell["outputs"] if "image/png" in str(output)
    ]
    assert len(pictures) == 2, "it is kept with its outputs"
