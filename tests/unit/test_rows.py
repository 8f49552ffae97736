"""Rows of a file are those of the array that was written, or are refused."""

import hashlib
import os

import numpy as np
import pytest

from resnetcam.common import rows
from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.rows import Rows, StoredRows, parts, sha256_of

VALUES = np.random.default_rng(0).integers(0, 2**16, (50, 3, 2), np.uint16)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "values").write_bytes(b"before" + VALUES.tobytes() + b"after")
    return tmp_path / "values"


@pytest.fixture
def stored(path):
    return StoredRows(path, VALUES.shape, VALUES.dtype, len("before"))


@pytest.mark.parametrize(
    "chosen",
    [
        0,
        -1,
        slice(None),
        slice(40, 99),
        slice(None, None, -7),
        np.array([49, 0, 1, 2, 2, 1]),
        np.array([[3, 4], [5, 49]]),
        np.arange(50) % 3 == 0,
        np.zeros(0, int),
    ],
)
def test_rows_are_read_as_numpy_gives_them(stored, chosen):
    for found, expected in ((stored, VALUES), (Rows(stored, np.arange(50)[::-1]), VALUES[::-1])):
        np.testing.assert_array_equal(found[chosen], expected[chosen], strict=True)


def test_an_index_outside_is_refused(stored):
    with pytest.raises(IndexError):
        stored[np.array([50])]


def test_parts_take_so_many_bytes_at_most_and_a_row_at_least(stored, monkeypatch):
    for most, sizes in ((100, [8] * 6 + [2]), (1, [1] * 50), (10**6, [50])):
        monkeypatch.setattr(rows, "_BYTES_AT_A_TIME", most)
        assert [len(stored[part]) for part in parts(stored)] == sizes
        assert sha256_of(stored) == hashlib.sha256(VALUES.tobytes()).hexdigest()
    assert list(parts(VALUES[:0])) == []


def test_a_file_that_is_cut_off_is_refused(path, stored):
    shorter = StoredRows(path, (100, *VALUES.shape[1:]), VALUES.dtype)
    with pytest.raises(DamagedFileError, match="it is cut off"):
        shorter[:]
    assert stored[:].shape == VALUES.shape


@pytest.mark.parametrize("how", ["replaced", "written to", "removed"])
def test_a_file_that_changes_meanwhile_is_refused(path, stored, how):
    stored[0]
    if how == "replaced":
        (path.parent / "new").write_bytes(path.read_bytes())
        os.replace(path.parent / "new", path)
    elif how == "removed":
        path.unlink()
    else:
        os.truncate(path, 500)
    with pytest.raises(InputError, match="changed while it was read") as found:
        stored[0]
    assert "rm " not in str(found.value)
