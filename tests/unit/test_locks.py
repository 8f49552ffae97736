"""Locks that the kernel holds, and file systems without any."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from resnetcam.common import hdf5
from resnetcam.common.files import sha256_of_file
from resnetcam.common.locks import try_lock, wait_for_lock
from resnetcam.sources.archives import ArchiveSource, obtain


def refuse_with(monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_lock_has_one_holder_until_its_file_is_closed(tmp_path):
    with open(tmp_path / "lock", "w") as first, open(tmp_path / "lock", "w") as second:
        assert try_lock(first)
        assert not try_lock(second)
        first.close()
        assert try_lock(second)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_without_locks_work_goes_on_with_a_warning(tmp_path, monkeypatch, caplog, number):
    refuse_with(monkeypatch, number)
    with open(tmp_path / "lock", "w") as file:
        assert try_lock(file)
        wait_for_lock(file)
    assert caplog.text.count("lock cannot be locked") == 2


def test_another_error_is_an_error(tmp_path, monkeypatch):
    refuse_with(monkeypatch, errno.EIO)
    with open(tmp_path / "lock", "w") as file, pytest.raises(OSError, match="Input/output"):
        try_lock(file)


def test_an_archive_is_obtained_on_a_file_system_without_locks(tmp_path, monkeypatch, caplog):
    refuse_with(monkeypatch, errno.ENOLCK)
    local = tmp_path / "mine.part"  # a name that downloads under way have, too
    local.write_bytes(b"archive")
    source = ArchiveSource((), sha256_of_file(local), path=str(local))
    archive = obtain(source, tmp_path / "store")
    assert archive.read_bytes() == b"archive"
    assert "cannot be locked" in caplog.text
    local.unlink()
    assert obtain(source, tmp_path / "store") == archive


def test_hdf5_files_are_read_and_written_on_a_file_system_without_locks(tmp_path):
    """HDF5 calls flock from C, where no patch reaches: a locked file stands for one without."""
    path = tmp_path / "data.h5"
    with hdf5.writing(path) as file:
        (temporary,) = set(tmp_path.iterdir()) - {path}
        with open(temporary) as same:
            assert try_lock(same)
        file["x"] = [1, 2]
    with open(path) as other:
        assert try_lock(other)
        with hdf5.reading(path) as file:
            assert file["x"][()].tolist() == [1, 2]


def test_nothing_opens_hdf5_files_with_their_locks():
    scripts = Path(__file__).parents[2] / "scripts"
    opening = [path.name for path in scripts.rglob("*.py") if "h5py.File(" in path.read_text()]
    assert opening == ["hdf5.py"]
