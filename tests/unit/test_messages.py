"""What is made of Snakemake's messages, and what is said when it has ended."""

import logging
import re

import numpy as np
import pytest

from resnetcam.common import steps
from resnetcam.common.files import write_json
from resnetcam.common.wording import duration, duration_between, tick_of_time
from resnetcam.evaluation.predictions import metrics
from resnetcam.report.comparison import COLUMNS, write_comparison
from resnetcam.report.config_files import report_to_be_replaced, written
from resnetcam.training.history import HISTORY_COLUMNS
from resnetcam.workflow.closing_words import closing_words
from resnetcam.workflow.messages import SIZES, PlainErrors, SizesOfEnvironments


def through(a_filter, message):
    record = logging.makeLogRecord({"msg": message})
    assert a_filter.filter(record)
    return record.getMessage()


def test_an_environment_in_the_making_is_told_with_its_size():
    said = through(SizesOfEnvironments(), "Creating conda environment envs/report.yaml...")

    assert SIZES["report"] in said
    assert "envs/report.yaml" in said


def test_an_error_of_the_config_is_left_without_the_workflows_own_lines():
    message = (
        'WorkflowError in file "common.smk", line 47:\nIt is wrong.\nMend it.\n  File "common.smk"'
    )

    assert through(PlainErrors(), message) == "It is wrong.\nMend it."


@pytest.mark.parametrize(
    "error",
    [
        "WorkflowError:\n    The config has no dataset 'cifar01'.\n    Known: a",
        "InputError: The config has no dataset 'cifar01'.\nKnown: a",
    ],
)
def test_an_error_for_the_user_is_left_without_the_workflows_own_lines(error):
    message = (
        'InputFunctionException in rule report in file "rules/report.smk", line 154:\n'
        f"Error:\n  {error}\nWildcards:\n  dataset=cifar01\nTraceback:\n  File x"
    )

    said = through(PlainErrors(), message)

    assert said == "The config has no dataset 'cifar01'.\nKnown: a"


@pytest.mark.parametrize("a_filter", [SizesOfEnvironments(), PlainErrors()])
@pytest.mark.parametrize(
    "message", ["Building DAG of jobs...", "InputFunctionException in rule a:\nError:\n  KeyError"]
)
def test_other_messages_pass_as_they_are(a_filter, message):
    assert through(a_filter, message) == message


def table(folder, *rows):
    empty = dict.fromkeys(COLUMNS) | {"experiment": "fast", "protocol": "holdout"}
    filled = [empty | {"n_seeds": 1, "accuracy_mean": 0.5, "seeds": "1"} | row for row in rows]
    write_comparison(folder / "comparison.csv", filled)


def test_a_datasets_last_words_are_its_report_and_its_experiments(tmp_path):
    published = {"experiment": "published", "protocol": "test_selected", "accuracy_mean": 0.88}
    final = {"experiment": "final", "protocol": "full", "accuracy_mean": 0.891}
    table(tmp_path, {"n_seeds": 3, "accuracy_mean": 0.8901}, published, final)

    lines = closing_words(tmp_path / "report.md", []).splitlines()

    assert lines == [
        f"Report: {tmp_path / 'report.md'} (and report.html beside it)",
        "fast: 89.0% test accuracy, mean of 3 seeds",
        "published: 88.0% test accuracy (test-selected)",
        "final: 89.1% test accuracy (trained on all images)",
    ]


def test_of_many_experiments_some_are_told(tmp_path):
    table(tmp_path, *({"experiment": str(n)} for n in range(1012)))

    said = closing_words(tmp_path / "report.md", [])

    assert said.endswith(f"and 1,002 more in {tmp_path / 'comparison.csv'}")


def test_one_experiments_last_words_are_the_mean_of_its_seeds(tmp_path):
    runs = [tmp_path / f"fast/seed{seed}" for seed in (1, 2)]
    for run, accuracy in zip(runs, (0.8, 0.9), strict=True):
        run.mkdir(parents=True)
        history = [dict.fromkeys(HISTORY_COLUMNS, 0.5) | {"epoch": 1.0}]
        logits, labels = np.eye(2)[[0] * 10], np.repeat([0, 1], [round(10 * accuracy), 10])[:10]
        content = metrics(logits, labels, history, "holdout", "last")
        write_json(run / "metrics.json", content)

    said = closing_words(tmp_path / "fast/report.md", runs)

    assert said.endswith("fast: 85.0% test accuracy, mean of 2 seeds")


def test_a_report_says_when_and_from_which_files_it_was_written():
    line = r"Written \d{4}-\d\d-\d\d \d\d:\d\d UTC from config\.yaml, my_own\.yaml\."

    assert re.fullmatch(line, written(["config.yaml", "my_own.yaml"]))


def test_replacing_a_report_of_other_config_files_is_told(tmp_path):
    report = tmp_path / "report.md"
    report.write_text(
        "# Title\n\n" + written(["config.yaml", "my_own.yaml"]).replace("_", "\\_") + "\n"
    )

    assert report_to_be_replaced(report, ["config.yaml", "my_own.yaml"]) == ""
    said = report_to_be_replaced(report, ["config.yaml", "other.yaml"])
    assert "config.yaml, my_own.yaml" in said
    assert "config.yaml, other.yaml" in said
    assert report_to_be_replaced(tmp_path / "none.md", []) == ""


def test_a_stage_of_minutes_says_how_far_it_is(monkeypatch, caplog):
    now = iter(range(0, 1000, 6))
    monkeypatch.setattr(steps.time, "monotonic", lambda: next(now))
    with caplog.at_level(logging.INFO):
        assert list(steps.logged_steps(list("abcde"), "images", unit=100)) == list("abcde")

    assert [record.getMessage() for record in caplog.records] == [
        "images: 100 of 500, about 48 s left",
        "images: 300 of 500, about 16 s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4.218, "4.22 s"),
        (42.4, "42 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (5999, "100 min"),
        (9000, "2.5 h"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (20, 40, "a minute"),
        (1260, 3900, "21 to 65 minutes"),
        (2280, 17_900, "38 minutes to 5 hours"),
        (50, 9000, "1 minute to 2 hours"),
        (10_800, 72_000, "3 to 20 hours"),
        (1800, 1800, "30 minutes"),
        (1790, 1805, "30 minutes"),
        (10_500, 11_000, "3 hours"),
    ],
)
def test_estimates_are_ranges(low, high, said):
    assert duration_between(low, high) == said


def test_ticks_have_all_their_digits():
    assert [tick_of_time(s) for s in (30, 90, 5400)] == ["30 s", "1.5 min", "1.5 h"]
