"""A crate of a run, by the validator of RO-Crates, in an environment of its own."""

import json
import subprocess
from pathlib import Path

import pytest
from tiny_workflow import ROOT

CONTEXT = ROOT / "tests/unit/ro_crate_1.1_terms.json"
PYTHON = ROOT / ".venv-crate/bin/python"


@pytest.fixture(scope="module")
def crate(finished_workflow, tmp_path_factory):
    workflow = finished_workflow.copy_to(tmp_path_factory.mktemp("crated") / "workflow")
    workflow.run("crate")
    assert workflow.planned("crate") == {}
    return workflow.folder / "results/shapes"


def validated(crate):
    """Whether a crate is one, and what the validator says."""
    command = [PYTHON, Path(__file__).with_name("validate_crate.py"), crate, CONTEXT]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def test_a_run_is_a_workflow_run_crate(crate):
    is_valid, told = validated(crate)

    assert is_valid, told
    assert "is a valid workflow-run-crate-0.5" in told


def test_the_validator_refuses_a_crate_whose_workflow_was_not_run(crate):
    path = crate / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    for entity in content["@graph"]:
        entity.pop("instrument", None)
    before = path.read_bytes()
    path.write_text(json.dumps(content))
    try:
        is_valid, told = validated(crate)
    finally:
        path.write_bytes(before)

    assert not is_valid
    assert "MUST have an instrument" in " ".join(told.split())


def test_the_workflow_in_a_crate_runs(crate, tmp_path):
    """Its copy plans the same chain, and finds what it needs."""
    from tiny_workflow import Workflow

    (crate / "workflow/tiny.yaml").write_bytes((crate.parents[1] / "tiny.yaml").read_bytes())
    try:
        planned = Workflow(crate / "workflow").planned()
    finally:
        (crate / "workflow/tiny.yaml").unlink()

    assert planned["train"] == planned["report"] == 1
