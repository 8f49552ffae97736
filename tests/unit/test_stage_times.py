"""The last words on time: the jobs of this run, the longest stages first, in a line."""

import os

import pytest

from resnetcam.common.wording import minutes_and_seconds
from resnetcam.workflow.stage_times import stage_times

BEGUN = 1_000_000.0
HEADER = "s\th:m:s\tmax_rss\n"


def benchmark(folder, name, seconds, age=-1.0):
    """A file as Snakemake writes it, and its rule; ``age`` is before the run began."""
    path = folder / f"{name}-{len(list(folder.iterdir()))}.tsv"
    path.write_text(f"{HEADER}{seconds}\t0:00:00\tNA\n")
    os.utime(path, (BEGUN - age, BEGUN - age))
    return name, path


def test_the_longest_stages_come_first_and_small_ones_together(tmp_path):
    jobs = [
        benchmark(tmp_path, *job)
        for job in [
            ("explain", 10.6),
            ("train", 46.2),
            ("train", 45.9),
            ("explain", 10.4),
            ("compare", 1.2),
            ("report", 2.1),
        ]
    ]

    assert stage_times(jobs, BEGUN, 75.4) == (
        "Stages: train 1 min 32 s (2 jobs), explain 21 s (2 jobs), others 3 s (2 jobs); "
        "1 min 56 s in all, 1 min 15 s by the clock."
    )


def test_no_more_than_four_stages_are_named(tmp_path):
    jobs = [benchmark(tmp_path, f"stage_{n}", 100 - n) for n in range(6)]

    told = stage_times(jobs, BEGUN, 600)

    assert told.startswith("Stages: stage 0 1 min 40 s, stage 1 1 min 39 s, ")
    assert ", stage 3 1 min 37 s, others 3 min 11 s (2 jobs); 9 min 45 s in all, " in told


def test_a_single_job_has_no_sum(tmp_path):
    jobs = [benchmark(tmp_path, "train", 59.7)]

    assert stage_times(jobs, BEGUN, 64) == "Stages: train 1 min 0 s, 1 min 4 s by the clock."


def test_earlier_runs_and_jobs_without_a_time_do_not_count(tmp_path):
    damaged = tmp_path / "damaged.tsv"
    damaged.write_text("s\th:m:s\nsoon\t\n")
    jobs = [
        benchmark(tmp_path, "train", 5000, age=2),
        ("evaluate", tmp_path / "none.tsv"),
        ("evaluate", damaged),
    ]

    assert stage_times(jobs, BEGUN, 1) is None
    assert stage_times([], BEGUN, 1) is None
    jobs.append(benchmark(tmp_path, "report", 2))
    assert stage_times(jobs, BEGUN, 4) == "Stages: report 2 s, 4 s by the clock."


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_times_are_to_the_second(seconds, expected):
    assert minutes_and_seconds(seconds) == expected
