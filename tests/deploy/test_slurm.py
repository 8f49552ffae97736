"""The Slurm profile on a real Slurm of one node."""

import itertools
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import slurm_of_one_node as slurm
from tiny_workflow import PATIENCE, PLUGINS, RUN, model, states
from workflows import train_slowly

QUICK = ["--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"]
PROFILE = ["--workflow-profile", "profiles/slurm", *QUICK]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A running Slurm, and Snakemake's plugin for it."""
    if reason := slurm.why_not():
        pytest.skip(reason)
    if not PLUGINS.exists():
        pytest.skip("no cluster plugins: envs/add_plugins.py adds them")
    try:
        slurm.start()
    except RuntimeError as error:
        slurm.stop()
        pytest.skip(f"Slurm does not start here: {error}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PLUGINS))
        yield
    slurm.stop()
    # Slurm loses sight of some processes of a job that it ends: it has no cgroups here.
    subprocess.run(["pkill", "-KILL", "-f", f"snakemake.*{tmp_path_factory.getbasetemp()}"])


def on_slurm(workflow):
    """Prepare a workflow: there is no conda here."""
    workflow.edit("profiles/slurm/config.yaml", "software-deployment-method: conda\n", "")
    return workflow


def use_gpu_partition(workflow):
    """Uncomment the lines about it, as docs/cluster.md says."""
    path = workflow.folder / "profiles/slurm/config.yaml"
    text, lines = re.subn(r"# (.*slurm_partition: gpu)", r"\1", path.read_text())
    assert lines == 10
    path.write_text(text)


def jobs():
    """What Slurm remembers of its jobs: a dictionary of fields each."""
    text = subprocess.check_output(["scontrol", "--oneliner", "show", "job"], text=True)
    lines = [line for line in text.splitlines() if line.startswith("JobId=")]
    return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]


def of_rule(rule):
    return [job for job in jobs() if f"rule_{rule}" in job["StdOut"]]


def until(condition, snakemake):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert snakemake.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.mark.usefixtures("cluster")
def test_the_whole_chain_with_two_seeds_and_one_gpu(fresh_workflow, finished_workflow):
    workflow = on_slurm(fresh_workflow())
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [1, 2]")
    workflow.edit("tiny.yaml", "device: cpu", "device: auto")
    use_gpu_partition(workflow)

    workflow.run(*PROFILE, own_process=True)

    assert (workflow.folder / "results/shapes/report.md").exists()
    assert model(workflow) == model(finished_workflow)
    assert workflow.planned(*PROFILE) == {}
    with_gpu = [job for job in jobs() if "gpu" in job.get("TresPerJob", "") + job["TRES"]]
    assert len(with_gpu) == 4, "two trainings, and what follows them, each as one job"
    in_partition = [job["JobId"] for job in jobs() if job["Partition"] == "gpu"]
    assert in_partition == [job["JobId"] for job in with_gpu]
    spans = sorted((job["StartTime"], job["EndTime"]) for job in with_gpu)
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start, f"two jobs had the one GPU at the same time: {spans}"


@pytest.mark.usefixtures("cluster")
def test_a_cancelled_training_is_tried_again_and_ends_bit_identical(workflow, finished_workflow):
    train_slowly(on_slurm(workflow), 0.2)
    before = states(workflow)
    snakemake = workflow.start(str(RUN / "model.keras"), *PROFILE)
    until(lambda: states(workflow) - before, snakemake)
    (running,) = [job for job in of_rule("train") if job["JobState"] == "RUNNING"]

    subprocess.run(["scancel", running["JobId"]], check=True)

    assert snakemake.wait(PATIENCE) == 0
    assert_went_on(workflow, finished_workflow)


@pytest.mark.usefixtures("cluster")
def test_a_training_out_of_time_goes_on_and_ends_bit_identical(workflow, finished_workflow):
    train_slowly(on_slurm(workflow), 5)
    workflow.edit("profiles/slurm/config.yaml", "runtime: 720", "runtime: 1")

    output = workflow.run(str(RUN / "model.keras"), *PROFILE, own_process=True).output

    assert "TIMEOUT" in output
    assert_went_on(workflow, finished_workflow)


def assert_went_on(workflow, undisturbed):
    assert model(workflow) == model(undisturbed)
    info = json.loads((workflow.folder / RUN / "run.json").read_text())
    assert len(info["resumed_after"]) >= 1


@pytest.mark.usefixtures("cluster")
def test_a_failing_job_is_reported_with_its_log_within_a_minute(workflow):
    on_slurm(workflow)
    workflow.edit("profiles/slurm/config.yaml", "retries: 2", "retries: 0")
    workflow.edit("tiny.yaml", "peak: 0.05", "peak: 1.0e+30")

    result = workflow.run(str(RUN / "model.keras"), *PROFILE, check=False, own_process=True)

    reported = time.time()
    assert result.returncode != 0
    assert "learning rate" in result.output, "the log of the training is shown"
    log = workflow.folder / "logs/shapes/tiny/seed1/train.log"
    assert reported - os.path.getmtime(log) < 60
    assert list(Path(workflow.folder / "logs/slurm").rglob("*.log"))
