"""Workflows in folders of their own: never run, finished, and made to train slowly."""

import fcntl
import os
import shutil

import pytest
from tiny_workflow import FAKE_CONDA, PARTS, PLUGINS, ROOT, TINY, Workflow


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
def finished_workflow(fresh_workflow, tmp_path_factory):
    """A workflow after a whole run on a tiny configuration. Copy it before you change it.

    There is one for all processes that run tests side by side. That its results are those of
    processes of their own shows test_hostile_surroundings.py.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "finished"
    with open(shared / "finished.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            workflow = fresh_workflow()
            workflow.run()
            workflow.folder.rename(folder)
    return Workflow(folder)


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


@pytest.fixture
def plugins(monkeypatch):
    """Snakemake's cluster plugins, whose options the Slurm profile sets."""
    if not PLUGINS.exists():
        pytest.skip("no cluster plugins: envs/add_plugins.py adds them")
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))


@pytest.fixture
def untrained(workflow):
    """A finished workflow that must train anew, slowly, with a checkpoint after every step."""
    return train_slowly(workflow, 0.2)


def train_slowly(workflow, seconds):
    """Have a training take so many seconds for a step, and save a checkpoint after each."""
    pace = "pace: Pace = Pace()"
    slow = "pace: Pace = Pace(seconds_between_checkpoints=-1, seconds_a_cpu_call=0)"
    workflow.edit("scripts/resnetcam/training/session.py", pace, slow)
    call = "results = self._loop.trainer"
    sleep = f"__import__('time').sleep({seconds})\n{16 * ' '}{call}"
    workflow.edit("scripts/resnetcam/training/loop.py", call, sleep)
    return workflow
