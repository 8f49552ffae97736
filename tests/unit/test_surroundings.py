"""What of a user's surroundings is shut out, or told before anything starts."""

import errno
import os
import tempfile

import pytest

from resnetcam.common.errors import InputError
from resnetcam.workflow.surroundings import (
    check_temporary_folder,
    forget_python_options,
    lock_of_folder,
    only_looks,
)


def test_children_do_not_take_every_warning_for_an_error(monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("PYTHONINSPECT", "1")
    forget_python_options()
    assert not {"PYTHONWARNINGS", "PYTHONINSPECT"} & os.environ.keys()


@pytest.fixture
def full(monkeypatch):
    """A temporary folder without room."""

    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: Full())


@pytest.mark.parametrize("name", ["TMPDIR", "TMP"])
def test_a_full_temporary_folder_is_told(full, tmp_path, monkeypatch, name):
    monkeypatch.setenv("TMPDIR", "/dev/null")
    monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(InputError, match=f"to {tmp_path}: No space left .* set TMPDIR"):
        check_temporary_folder()


def test_a_temporary_folder_that_cannot_be_written_is_no_hindrance(monkeypatch):
    monkeypatch.setenv("TMPDIR", "/proc/self")
    monkeypatch.setenv("TMP", "/nowhere")
    check_temporary_folder()


def test_a_machine_without_any_temporary_folder_is_told(monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in [...]")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(InputError, match="No usable temporary directory"):
        check_temporary_folder()


@pytest.mark.parametrize(
    ("line", "looks"),
    [
        ("snakemake --cores 4", False),
        ("snakemake --cores 4 results/--report", False),
        ("snakemake --report=report.zip", True),
        ("snakemake --lint", True),
        ("snakemake --report-after-run --report report.zip", False),
    ],
)
def test_what_only_looks_needs_no_lock(line, looks):
    assert only_looks(line.split()) is looks


def test_a_folder_is_one_processs_until_its_lock_is_closed(tmp_path):
    with (
        lock_of_folder(tmp_path / "own"),
        pytest.raises(InputError, match=rf"at work in this folder \(process {os.getpid()} on "),
    ):
        lock_of_folder(tmp_path / "own")
    lock_of_folder(tmp_path / "own").close()
