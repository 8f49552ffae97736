"""Stop the workflow while it trains: the same command goes on and ends with the same weights."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from tiny_workflow import PATIENCE, RUN, model, states

pytestmark = pytest.mark.slow

LOG = Path("logs/shapes/tiny/seed1/train.log")
OUTPUTS = ("model.keras", "model.json", "history.csv", "run.json")


def wait_until(condition, snakemake):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert snakemake.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def start_training(workflow):
    """Start snakemake and come back when it has saved a state."""
    before = states(workflow)
    snakemake = workflow.start(str(RUN / "model.keras"))
    wait_until(lambda: states(workflow) - before, snakemake)
    return snakemake


def outputs(workflow):
    return [name for name in OUTPUTS if (workflow.folder / RUN / name).exists()]


def test_killed_and_terminated_runs_go_on_and_end_with_the_same_weights(
    untrained, finished_workflow
):
    log = untrained.folder / LOG

    snakemake = start_training(untrained)
    os.killpg(snakemake.pid, signal.SIGKILL)
    snakemake.wait()

    snakemake = start_training(untrained)
    assert "going on after epoch" in log.read_text()
    os.killpg(snakemake.pid, signal.SIGTERM)
    assert snakemake.wait(PATIENCE) != 0
    assert "stopped by SIGTERM in epoch" in log.read_text()
    assert outputs(untrained) == []

    # Only snakemake dies; its script goes on, beside the next snakemake's script.
    snakemake = start_training(untrained)
    lock = max(untrained.folder.glob(".training/*/lock"), key=lambda path: path.stat().st_mtime)
    script = int(lock.read_text().split()[0])
    os.kill(script, signal.SIGSTOP)
    snakemake.kill()
    snakemake.wait()
    snakemake = untrained.start(str(RUN / "model.keras"))
    message = f"another process ({script} on"
    wait_until(lambda: log.exists() and message in log.read_text(), snakemake)
    os.kill(script, signal.SIGCONT)
    assert snakemake.wait(PATIENCE) == 0

    assert "nothing to train" in log.read_text() and "epoch 2/2" not in log.read_text()
    assert model(untrained) == model(finished_workflow)
    info = json.loads((untrained.folder / RUN / "run.json").read_text())
    assert len(info["resumed_after"]) == 2


def test_a_training_that_diverges_leaves_no_outputs_and_a_log_that_says_why(workflow):
    workflow.edit("tiny.yaml", "peak: 0.05", "peak: 1.0e+30")

    result = workflow.run(str(RUN / "model.keras"), check=False)

    assert result.returncode != 0
    for text in (result.output, (workflow.folder / LOG).read_text()):
        assert "no longer finite in epoch 1, step 2, at learning rate" in text
        assert "Traceback" not in text
    assert outputs(workflow) == []
