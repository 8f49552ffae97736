"""The profiles for other schedulers: plans, and what their schedulers say of jobs."""

import json
import runpy

import pytest
import yaml
from test_rerun import FROM_TRAIN
from tiny_workflow import ROOT

pytestmark = pytest.mark.slow

CONDA = "software-deployment-method: conda\n"
COMMANDS = {
    "grid engine": ["qsub", "qstat", "qacct", "qdel"],
    "pbs": ["qsub", "qstat", "qdel"],
    "lsf": ["bsub", "bjobs", "bkill"],
}


def test_a_job_that_waits_for_what_no_queue_has_is_told_once(tmp_path, monkeypatch, capsys):
    answers = {"qstat": "job_number: 7", "qalter": "verification: no suitable queues"}
    for name, answer in answers.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    job_state = runpy.run_path(str(ROOT / "profiles/cluster-generic/job_state.py"))

    assert [job_state["main"]("7") for _ in range(2)] == ["running"] * 2

    assert capsys.readouterr().err.count("no suitable queues") == 1


@pytest.mark.usefixtures("plugins")
def test_nothing_runs_again_with_the_generic_profile(workflow):
    workflow.edit("profiles/cluster-generic/config.yaml", CONDA, "")

    assert workflow.planned("--workflow-profile", "profiles/cluster-generic") == {}


@pytest.mark.usefixtures("plugins")
def test_the_plan_for_kubernetes_is_the_same(fresh_workflow):
    planned = fresh_workflow().planned("--workflow-profile", "profiles/kubernetes")

    assert FROM_TRAIN.items() <= planned.items()


def test_groups_and_limits_are_the_same_in_every_cluster_profile():
    clusters = [
        yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())
        for name in ("slurm", "cluster-generic", "kubernetes")
    ]
    for key in ("groups", "resources", "set-resource-scopes", "set-threads", "retries"):
        assert len({json.dumps(profile[key]) for profile in clusters}) == 1, key


@pytest.mark.parametrize(
    ("kind", "answers", "state"),
    [
        ("pbs", {"qstat": "job_state = Q"}, "running"),
        ("pbs", {"qstat": "job_state = F\n    Exit_status = 0"}, "success"),
        ("pbs", {"qstat": "job_state = C\n    exit_status = 271"}, "failed"),
        ("grid engine", {"qacct": "failed       100 : killed\nexit_status  137"}, "failed"),
        ("grid engine", {"qacct": "failed       0\nexit_status  0"}, "success"),
        ("grid engine", {"qstat": "job_number: 1"}, "running"),
        ("lsf", {"bjobs": "PEND"}, "running"),
        ("lsf", {"bjobs": "EXIT"}, "failed"),
        ("lsf", {}, "running"),
    ],
)  # fmt: skip
def test_the_state_of_a_job_is_read_from_what_schedulers_print(
    tmp_path, monkeypatch, kind, answers, state
):
    for name in COMMANDS[kind]:
        told = f"cat <<'END'\n{answers[name]}\nEND\n" if name in answers else "exit 1\n"
        (tmp_path / name).write_text(f"#!/bin/sh\n{told}")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    job_state = runpy.run_path(str(ROOT / "profiles/cluster-generic/job_state.py"))

    assert job_state["main"]("7") == state
