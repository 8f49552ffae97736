"""A grid of runs: one of them fails, the others go on, and the same command completes it."""

import contextlib
import csv
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import yaml
from tiny_workflow import TINY

pytestmark = pytest.mark.slow

GRID = {
    "models": ["resnet8v1"],
    "recipes": ["tiny", "plain"],
    "overrides": {"schedule.peak": [0.01, 0.05], "batch_size": [80, 160]},
    "seeds": [1],
}
VICTIM = "grid-resnet8v1-plain-batch_size_80-peak_0.05"


@pytest.fixture(scope="module")
def swept(fresh_workflow):
    """A workflow that is to run a grid of 2 x 2 x 2."""
    settings = yaml.safe_load(TINY)
    settings["recipes"]["tiny"] |= {"epochs": 1}
    settings["recipes"]["plain"] = settings["recipes"]["tiny"] | {"augmentation": {}}
    settings["sweeps"] = {"grid": GRID}
    settings["datasets"]["shapes"] |= {"experiments": ["grid"], "annotate_images": 0}
    workflow = fresh_workflow()
    (workflow.folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    return workflow


def kill_holders_of(path, stop):
    """SIGKILL every process that has the file open, as a machine out of memory would."""
    while not stop.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            # Processes end, and close files, while they are looked at.
            with contextlib.suppress(OSError):
                files = [os.readlink(link) for link in (process / "fd").iterdir()]
                if str(path) in files and int(process.name) != os.getpid():
                    os.kill(int(process.name), signal.SIGKILL)
        time.sleep(0.2)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_one_run_of_eight_fails_and_the_same_command_completes_the_grid(swept):
    results = swept.folder / "results/shapes"
    log = swept.folder / "logs/shapes" / VICTIM / "seed1/train.log"
    stop = threading.Event()
    killer = threading.Thread(target=kill_holders_of, args=(log, stop))
    killer.start()
    command = ["--set-threads", "train=1", "evaluate=1"]
    try:
        failed = swept.run(*command, check=False)
    finally:
        stop.set()
        killer.join()

    assert failed.returncode != 0
    assert failed.output.count("To train: ") == 5
    assert "and 3 more; all together about a minute" in failed.output
    assert "7 of 8 runs are trained and evaluated" in failed.output
    rows = rows_of(results / "comparison.partial.csv")
    (reported,) = [row for row in rows if not row["accuracy_mean"]]
    assert len(rows) == 8
    assert (reported["experiment"], reported["failed_seeds"]) == (VICTIM, "1")
    assert "train: its log ends without" in reported["failure"]
    assert [row["experiment"] for row in rows_of(results / "failures.csv")] == [VICTIM]
    assert not (results / "comparison.csv").exists()
    assert not (results / "report.md").exists()
    page = (results / "report.html").read_text()
    assert f"<strong>train of {VICTIM}, seed 1</strong>:\nits log ends without an error" in page

    assert swept.planned() == {"train": 1, "evaluate": 1, "compare": 1, "report": 1}
    swept.run(*command)

    complete = rows_of(results / "comparison.csv")
    assert len(complete) == 8
    # Which is the best is not known before all are there.
    shared = [key for key in complete[0] if not key.startswith("minus_best")]
    assert not any(row["minus_best"] for row in rows)
    assert sum(bool(row["minus_best"]) for row in complete) == 7
    assert [[row[key] for key in shared] for row in complete if row["experiment"] != VICTIM] == [
        [row[key] for key in shared] for row in rows if row is not reported
    ]
    assert {row["schedule.peak"] for row in complete} == {"0.01", "0.05"}
    assert not list(results.glob("*partial*")) and not (results / "failures.csv").exists()
    assert "best by validation accuracy" in (results / "report.md").read_text()
    assert "is not finished" not in (results / "report.html").read_text()
    add_a_value(swept)


def add_a_value(swept):
    swept.edit("tiny.yaml", "- 0.01", "- 0.2\n      - 0.01")

    assert swept.planned() == {"train": 4, "evaluate": 4, "compare": 1, "report": 1}
