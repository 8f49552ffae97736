"""Jobs and GPUs, on a machine whose GPUs are made up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnetcam.backends import gpus
from resnetcam.backends.gpus import visible_gpus

SCRIPTS = Path(__file__).parents[2] / "scripts"
JOB = """\
import logging, os, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
from resnetcam.backends import gpus
gpus._LOCKS = [Path(place) for place in os.environ["LOCKS"].split(":")]
print(gpus.claim_gpu(), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Returns a function that gives the machine GPUs, as nvidia-smi lists them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("LOCKS", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))

    def give(*lines):
        program = folder / "nvidia-smi"
        program.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
        program.chmod(0o755)

    return give


@pytest.fixture
def start():
    """Returns a function that starts a job, which claims a GPU and keeps it until it ends."""
    jobs = []

    def run():
        job = subprocess.Popen(
            [sys.executable, "-c", JOB],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        jobs.append(job)
        job.gpu, job.visible = job.stdout.readline().split()
        return job

    yield run
    for job in jobs:
        job.communicate()


def three():
    return [f"GPU {n}: NVIDIA H200 (UUID: GPU-{n}{n}-abc)" for n in range(3)]


def test_each_job_has_a_gpu_of_its_own_and_sees_no_other(machine, start):
    machine(*three())

    jobs = [start() for _ in range(3)]

    assert {job.gpu for job in jobs} == {"GPU-00-abc", "GPU-11-abc", "GPU-22-abc"}
    assert all(job.visible == job.gpu for job in jobs)


def test_the_gpu_of_a_job_that_was_killed_is_free_at_once(machine, start):
    machine(*three())
    jobs = [start() for _ in range(3)]
    jobs[1].kill()
    jobs[1].wait()

    assert start().gpu == jobs[1].gpu


def test_more_jobs_than_gpus_share_evenly_and_say_so(machine, start):
    machine(*three())
    jobs = [start() for _ in range(6)]

    gpus = [job.gpu for job in jobs]
    assert sorted(gpus[:3]) == sorted(gpus[3:])
    told = [job.communicate()[1] for job in jobs]
    assert ["shares its GPU with 1" in text for text in told] == [False] * 3 + [True] * 3
    assert "--resources gpu=" in told[-1]


@pytest.mark.parametrize("lines", [[], ["No devices found."], three()[:1]])
def test_with_one_gpu_or_none_nothing_is_chosen(machine, start, lines):
    machine(*lines)

    assert (start().gpu, start().visible) == ("None", "None")


def test_only_gpus_that_are_visible_are_given_out(machine, start, monkeypatch):
    machine(*three())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 0")

    assert {start().gpu, start().gpu} == {"2", "0"}


@pytest.mark.parametrize(
    ("chosen", "expected"), [("", []), ("-1", []), ("1,-1,2", ["1"]), ("GPU-5", ["GPU-5"])]
)
def test_what_is_hidden_stays_hidden(machine, monkeypatch, chosen, expected):
    machine(*three())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)

    assert visible_gpus() == expected


def test_parts_of_a_gpu_stand_for_themselves(machine):
    machine(
        "GPU 0: NVIDIA H200 (UUID: GPU-00)",
        "  MIG 1g.18gb     Device  0: (UUID: MIG-01)",
        "  MIG 1g.18gb     Device  1: (UUID: MIG-02)",
        "GPU 1: NVIDIA H200 (UUID: GPU-11)",
    )

    assert visible_gpus() == ["MIG-01", "MIG-02", "GPU-11"]


@pytest.mark.parametrize("laid", ["a file", "a link to a folder", "a folder of another user"])
def test_in_a_folder_that_another_user_laid_there_nothing_is_locked(
    machine, tmp_path, monkeypatch, caplog, laid
):
    machine(*three())
    monkeypatch.setattr(gpus, "_LOCKS", [tmp_path])
    folder, other = tmp_path / f"resnetcam-gpus-{os.getuid()}", tmp_path / "other"
    other.mkdir()
    if laid == "a file":
        folder.touch()
    elif laid == "a link to a folder":
        folder.symlink_to(other)
    else:
        folder = tmp_path / "resnetcam-gpus-12345"
        folder.mkdir()
        monkeypatch.setattr(os, "getuid", lambda: 12345)

    assert gpus.claim_gpu() is None
    assert f"{folder} is not this user's" in caplog.text
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    assert not list(other.iterdir()) and not (folder.is_dir() and list(folder.iterdir()))


def test_where_one_place_cannot_be_written_locks_are_kept_in_the_next(
    machine, start, tmp_path, monkeypatch
):
    machine(*three())
    monkeypatch.setenv("LOCKS", f"/proc/self:{tmp_path}")  # nobody can make a folder in the first

    assert len({start().gpu for _ in range(3)}) == 3
    assert list(tmp_path.glob("resnetcam-gpus-*/*"))


def test_where_no_place_can_be_written_no_gpu_is_chosen_and_a_warning_says_why(
    machine, monkeypatch, caplog
):
    machine(*three())
    monkeypatch.setattr(gpus, "_LOCKS", [Path("/proc/self"), Path("/nowhere")])

    assert gpus.claim_gpu() is None
    assert "/proc/self: " in caplog.text and "/nowhere: No such file" in caplog.text
    assert "--resources gpu=1" in caplog.text


def test_without_nvidia_smi_there_is_none(machine, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert visible_gpus() == []
