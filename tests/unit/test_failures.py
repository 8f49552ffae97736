"""What is told of jobs that failed, and the comparison of what is there."""

import csv
import logging
import os

from resnetcam.workflow.stage import _LogFile

import numpy as np
import pytest
from small_stage import rule_of_a_stage

from resnetcam.common.errors import InputError
from resnetcam.common.files import write_json
from resnetcam.evaluation.predictions import metrics
from resnetcam.report.comparison import write_comparison
from resnetcam.training.history import HISTORY_COLUMNS, write_history
from resnetcam.workflow import stage
from resnetcam.workflow.failures import (
    MISSING,
    Failure,
    forget_failures,
    last_error,
    partial_comparison,
    report_failures,
    write_failures,
)

EXPERIMENTS = {
    name: {
        "model": "resnet20v1",
        "recipe": "demo",
        "protocol": "holdout",
        "sweep": "rates",
        "overrides": {"schedule.peak": peak},
    }
    for name, peak in (("low", 0.1), ("high", 9.0), ("late", 0.5))
}


@pytest.fixture
def log(tmp_path):
    """A stage's log file; returns a function that writes records to it."""
    path = tmp_path / "train.log"
    handler = _LogFile(path)
    logger = logging.Logger("stage")
    logger.addHandler(handler)
    yield path, logger
    handler.close()


def test_the_last_error_is_one_line(log):
    path, logger = log
    logger.error("an earlier one")
    logger.info("epoch 1")
    logger.error("the loss is no longer finite,\n   in epoch 2")
    logger.info("afterwards")

    assert last_error(path) == "the loss is no longer finite, in epoch 2"


def test_of_a_traceback_the_first_and_the_last_line_are_told(log):
    path, logger = log
    try:
        raise ValueError("5 is too many")
    except ValueError:
        logger.exception("train failed unexpectedly")

    assert last_error(path) == "train failed unexpectedly ValueError: 5 is too many"


def test_a_killed_runs_orphan_writes_into_its_successors_log_without_breaking_it(log):
    path, orphan = log
    orphan.info("epoch 1, " + 80 * "x")
    successor = logging.Logger("stage")
    successor.addHandler(_LogFile(path))
    successor.info("waiting for its result")
    orphan.info("epoch 2")
    successor.error("it did not come")

    lines = path.read_text().splitlines()
    assert [line.split(" ", 3)[3] for line in lines] == [
        "waiting for its result",
        "epoch 2",
        "it did not come",
    ]
    assert last_error(path) == "it did not come"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "it left no log in this run"),
        ("", "ends without an error"),
        ("2026-01-01 00:00:00,000 INFO epoch 1\n", "ends without an error"),
        ("2026-01-01 00:00:00,000 INFO epoch 1, done\n", "ends without an error"),
        ("2026-01-01 00:00:00,000 INFO done\n", "according to its log it finished"),
    ],
)
def test_of_a_job_without_an_error_it_is_said_what_is_known(tmp_path, text, expected):
    path = tmp_path / "train.log"
    if text is not None:
        path.write_text(text)

    told = last_error(path)

    assert expected in told
    assert "lines above" in told  # where to look
    assert "killed" not in told


def test_a_log_of_an_earlier_run_is_not_taken_for_this_one(log):
    path, logger = log
    logger.error("of last week")
    os.utime(path, (1e9, 1e9))

    assert last_error(path, since=2e9).startswith("it left no log in this run")
    assert last_error(path, since=1e9) == "of last week"


def test_the_log_of_a_stage_that_ended_well_says_so_and_that_of_another_does_not(tmp_path):
    rule = rule_of_a_stage(tmp_path / "a.log", "shapes")
    with stage.logged(rule):
        logging.info("epoch 1")
    assert "it finished" in last_error(tmp_path / "a.log")

    with pytest.raises(SystemExit), stage.logged(rule):
        raise InputError("too many")
    assert last_error(tmp_path / "a.log") == "too many"


PROVENANCE = {
    "commit": "unknown",
    "fingerprint": "f",
    "versions": {},
    "hardware": [
        {"device": "cpu", "device_name": "a processor", "precision": "float32", "threads": 1}
    ],
    "ingredients": {"model": {}, "recipe": {"epochs": 1}, "protocol": "holdout"},
    "training_images": 7,
    "parameters": 7,
}


def run(folder, accuracy):
    folder.mkdir(parents=True)
    row = dict.fromkeys(HISTORY_COLUMNS, 0.5) | {"epoch": 1}
    logits = np.eye(10, dtype=np.float32)
    write_json(
        folder / "metrics.json",
        metrics(logits, np.arange(10), [row], "holdout", "last") | {"accuracy": accuracy},
    )
    write_json(folder / "run.json", PROVENANCE)
    write_history(folder / "history.csv", [row])
    return str(folder)


def test_every_experiment_has_a_row_with_what_is_there_and_what_is_missing(tmp_path):
    folders = {
        run(tmp_path / "low/seed1", 0.8): True,
        str(tmp_path / "low/seed2"): False,
        str(tmp_path / "high/seed1"): False,
        run(tmp_path / "high/seed2", 0.1): False,  # of an earlier config: its job has not run
        str(tmp_path / "late/seed1"): False,
    }
    failures = [
        Failure("high", "1", "train", "h.log", "not finite"),
        Failure("high", "1", "explain", "e.log", "later"),
        Failure("", "", "preprocess", "p.log", "of no run"),
    ]

    rows = partial_comparison(folders, EXPERIMENTS, failures)
    write_comparison(tmp_path / "comparison.partial.csv", rows, last=MISSING)

    with open(tmp_path / "comparison.partial.csv", newline="") as file:
        low, high, late = csv.DictReader(file)
    assert (low["n_seeds"], low["accuracy_mean"], low["schedule.peak"]) == ("1", "0.8", "0.1")
    assert [low[name] for name in MISSING] == ["", "2", ""]
    assert (high["n_seeds"], high["accuracy_mean"], high["schedule.peak"]) == ("0", "", "9.0")
    assert [high[name] for name in MISSING] == ["1", "2", "train: not finite"]
    assert [late[name] for name in MISSING] == ["", "1", ""]
    assert list(late)[-3:] == list(MISSING)


def test_failures_are_a_table(tmp_path):
    write_failures(tmp_path / "f.csv", [Failure("high", "1", "train", "a.log", 'so, "so"')])

    with open(tmp_path / "f.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "experiment": "high",
        "seed": "1",
        "stage": "train",
        "log": "a.log",
        "message": 'so, "so"',
    }


def told_of(folder, count=0, compared=False, **more):
    failures = [Failure("high", str(n), "train", f"{n}.log", "word " * 99) for n in range(count)]
    finished = {str(folder / "low/seed1"): False}
    more = {"finished": finished, "experiments": EXPERIMENTS} | more
    return report_failures(folder, failures=failures, compared=compared, **more)


def test_the_terminal_shows_a_few_failures_shortly_and_the_table_all(tmp_path):
    told = told_of(tmp_path / "shapes", 12)

    assert told.startswith(
        "shapes: 0 of 1 runs are trained and evaluated.\nFailed: train high/seed0"
    )
    assert told.count("Failed:") == 10 and "and 2 more." in told
    assert all(len(line) <= 100 or line.startswith("Written: ") for line in told.splitlines())
    assert (tmp_path / "shapes/failures.csv").read_text().count("\n") == 13
    assert (tmp_path / "shapes/comparison.partial.csv").exists()


def test_a_job_of_an_experiment_or_of_the_data_is_told_by_what_it_is_of(tmp_path):
    failures = [
        Failure("high", "", "experiment_report", "r.log", "boom"),
        Failure("", "", "preprocess", "p.log", "bang"),
    ]
    told = report_failures(
        tmp_path, failures=failures, finished={}, experiments=EXPERIMENTS, compared=None
    )
    assert "Failed: experiment_report high: boom\n" in told
    assert "Failed: preprocess: bang\n" in told


def test_where_no_comparison_was_asked_for_an_earlier_partial_one_stays(tmp_path):
    told_of(tmp_path, 1)
    partial = (tmp_path / "comparison.partial.csv").read_bytes()

    told_of(tmp_path, 1, compared=None, finished={str(tmp_path / "high/seed1"): False})
    assert (tmp_path / "comparison.partial.csv").read_bytes() == partial

    forget_failures(tmp_path, compared=False)
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.partial.csv"]


def test_a_comparison_that_is_whole_gets_no_partial_one_and_old_tables_go(tmp_path):
    told_of(tmp_path, 1)

    told = told_of(tmp_path, 0, compared=True, finished={})

    assert "runs are" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\x00", b"[]", b'{"accuracy": "0.8"}'])
@pytest.mark.parametrize("name", ["metrics.json", "run.json", "history.csv"])
def test_a_damaged_file_of_one_run_is_told_and_the_others_are_compared(tmp_path, name, content):
    whole, damaged = run(tmp_path / "low/seed1", 0.8), run(tmp_path / "high/seed1", 0.9)
    path = tmp_path / "high/seed1" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    told = told_of(tmp_path, 1, finished={whole: True, damaged: True})

    assert "1 of 2 runs are trained and evaluated" in told
    flat = " ".join(told.split())
    if content is None:
        assert f"{path} is gone. The same command recreates it" in flat
    else:
        assert f"{path} cannot be used: " in flat
        assert f"`rm {path}`, then the same command recreates it" in flat
    with open(tmp_path / "comparison.partial.csv", newline="") as file:
        low, high = csv.DictReader(file)
    assert (low["n_seeds"], low["accuracy_mean"]) == ("1", "0.8")
    assert (high["n_seeds"], high["failed_seeds"]) == ("0", "1")
    assert str(path) in high["failure"]


def test_tables_that_cannot_be_written_are_told_and_hide_no_failure(tmp_path):
    (tmp_path / "failures.csv").mkdir()

    told = told_of(tmp_path, 1)

    assert "Failed: train high/seed0" in told
    assert f"{tmp_path / 'failures.csv'} cannot be written" in told
