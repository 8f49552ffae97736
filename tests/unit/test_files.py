"""Files that are written: who may read them, and what is said of those that are damaged."""

import os
import shlex
import stat
import subprocess

import h5py
import numpy as np
import pytest

from resnetcam.common import hdf5
from resnetcam.common.errors import DamagedFileError, InputError
from resnetcam.common.files import read_json, write_json
from resnetcam.evaluation.predictions import read_predictions, write_predictions
from resnetcam.explain.maps import GroupName, Maps, group_names, read_maps, write_maps
from resnetcam.training.history import (
    HISTORY_COLUMNS,
    read_history,
    read_own_history,
    write_history,
)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_written_files_may_be_read_by_whom_the_umask_lets(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_json(tmp_path / "run.json", {})
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == mode


SHAPE = {"n": int, "share": float, "choice": (str, type(None)), "levels": [{"part": str}]}
SHAPE |= {"counts": {...: int}}
GOOD = {"n": 1, "share": 1, "choice": None, "levels": [{"part": "a"}], "counts": {"x": 1}}


def test_json_that_is_as_its_reader_relies_on_is_read_with_what_else_it_holds(tmp_path):
    content = GOOD | {"more": [None]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json", SHAPE) == content


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"n": 1.5}, "'n' is a number and not a whole number"),
        ({"n": True}, "'n' is true or false and not a whole number"),
        ({"share": "0.5"}, "'share' is text and not a number"),
        ({"share": None}, "'share' is null and not a number"),
        ({"choice": []}, "'choice' is a list"),
        ({"levels": {}}, "'levels' is a section and not a list"),
        ({"levels": [{"part": "a"}, {}]}, "item 2 has no 'part'"),
        ({"counts": {"y": "1"}}, "'y' is text and not a whole number"),
    ],
)
def test_json_of_another_shape_is_named_with_the_place(tmp_path, changes, problem):
    write_json(tmp_path / "a.json", GOOD | changes)
    with pytest.raises(DamagedFileError) as told:
        read_json(tmp_path / "a.json", SHAPE)
    assert f"a.json cannot be used: {problem}. " in str(told.value)


@pytest.mark.parametrize("content", [b"", b'{"n": 1', b"\xff\xfe", b"[" * 100_000, b"[]"])
def test_what_is_no_json_of_ours_is_named_with_a_command_that_removes_it(tmp_path, content):
    path = tmp_path / "it's here.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=f"{path} cannot be used: ") as told:
        read_json(path, SHAPE)
    subprocess.run(shlex.split(str(told.value).split("`")[1]), check=True)
    assert not path.exists()


@pytest.mark.parametrize("reader", ["json", "maps"])
def test_a_file_that_is_gone_is_not_to_be_removed(tmp_path, reader):
    path = tmp_path / "nowhere"
    with pytest.raises(DamagedFileError) as told:
        read_json(path, SHAPE) if reader == "json" else read_all_maps(path)
    assert str(told.value) == f"{path} is gone. The same command recreates it."


def test_a_file_that_one_may_not_read_is_not_to_be_removed(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    monkeypatch.setattr("h5py.File", refuse)
    for read in (read_json, lambda path: read_predictions(path, "test")):
        with pytest.raises(InputError, match="cannot be read: Permission denied") as told:
            read(tmp_path / "a")
        assert "rm " not in str(told.value)


GROUP = GroupName("gradcam", "final", "true")


def write_some_maps(path):
    write_maps(
        path,
        {GROUP: Maps(*(np.zeros((9, 4, 4)[:n], t) for n, t in ((3, "f4"), (1, "u1"), (1, "u4"))))},
    )


def write_some_predictions(path):
    write_predictions(path, {"test": (np.zeros((9, 3), np.float32), np.zeros(9, np.uint8))})


def read_all_maps(path):
    return [read_maps(path, name) for name in group_names(path)]


READERS = [
    pytest.param(write_some_maps, read_all_maps, id="gradcam.h5"),
    pytest.param(
        write_some_predictions, lambda p: read_predictions(p, "test"), id="predictions.h5"
    ),
]


@pytest.mark.parametrize(("write", "read"), READERS)
@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99, "text"])
def test_an_hdf5_file_that_is_cut_off_or_another_is_named(tmp_path, write, read, keep):
    path = tmp_path / "a.h5"
    write(path)
    read(path)
    content = path.read_bytes()
    if keep == "text":
        path.write_bytes(b"not HDF5" * 1000)
    else:
        path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(
        DamagedFileError, match=rf"{path} cannot be used: .*`rm {shlex.quote(str(path))}`"
    ):
        read(path)


@pytest.mark.parametrize(
    ("write", "read", "name", "values"),
    [
        (write_some_maps, read_all_maps, "gradcam/final/true/maps", np.zeros((9, 4), np.float32)),
        (
            write_some_maps,
            read_all_maps,
            "gradcam/final/true/maps",
            np.zeros((8, 4, 4), np.float32),
        ),
        (write_some_maps, read_all_maps, "gradcam/final/true/class_index", np.zeros(9, np.float32)),
        (write_some_maps, read_all_maps, "gradcam/final/true/image_index", None),
        (
            write_some_predictions,
            lambda p: read_predictions(p, "test"),
            "test/labels",
            np.zeros(8, int),
        ),
        (write_some_predictions, lambda p: read_predictions(p, "test"), "test/logits", 1.0),
        (write_some_predictions, lambda p: read_predictions(p, "test"), "test", None),
    ],
)
def test_an_hdf5_file_with_other_contents_is_named(tmp_path, write, read, name, values):
    write(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file[name]
        if values is not None:
            file[name] = values
    with pytest.raises(DamagedFileError, match=r"a\.h5 cannot be used: "):
        read(tmp_path / "a.h5")


def test_maps_without_a_group_are_named(tmp_path):
    with hdf5.writing(tmp_path / "a.h5") as file:
        file.attrs["groups"] = np.zeros(0, "S1")
    with pytest.raises(DamagedFileError, match="it holds no maps"):
        group_names(tmp_path / "a.h5")


ROWS = [dict.fromkeys(HISTORY_COLUMNS, 0.5) | {"epoch": n} for n in (1, 2, 3)]
CHOSEN_BY_NOTHING = [
    {name: value for name, value in row.items() if not name.startswith("val_")} for row in ROWS
]


def test_a_history_without_a_choice_has_empty_fields_and_is_read_back(tmp_path):
    path = tmp_path / "history.csv"
    write_history(path, CHOSEN_BY_NOTHING)
    header, *lines = path.read_text().splitlines()
    assert header.endswith(",val_loss,val_accuracy,images")
    assert [line.endswith(",0.5,,,0.5") for line in lines] == [True] * 3
    assert read_own_history(path) == CHOSEN_BY_NOTHING
    with pytest.raises(InputError, match="row 2: a number is expected in every column"):
        read_history(path)  # of any origin, such as a published one


@pytest.mark.parametrize(
    "damaged",
    [
        [*ROWS[:2], CHOSEN_BY_NOTHING[2]],
        [*CHOSEN_BY_NOTHING[:2], ROWS[2]],
        [{**row, "val_loss": ""} for row in ROWS],
        [{**row, "loss": ""} for row in CHOSEN_BY_NOTHING],
    ],
    ids=["one row less", "one row more", "one column", "another column"],
)
def test_a_history_with_other_empty_fields_is_damaged(tmp_path, damaged):
    write_history(tmp_path / "history.csv", damaged)
    with pytest.raises(DamagedFileError, match=r"history\.csv cannot be used: "):
        read_own_history(tmp_path / "history.csv")


@pytest.mark.parametrize("cut", [None, 0, 5, 0.5, "middle", "garbage"])
def test_a_history_of_ours_that_is_damaged_is_named(tmp_path, cut):
    path = tmp_path / "history.csv"
    write_history(path, ROWS)
    assert [row["epoch"] for row in read_own_history(path)] == [1, 2, 3]
    lines = path.read_bytes().splitlines(keepends=True)
    if cut is None:
        path.unlink()
    elif cut == "middle":
        path.write_bytes(b"".join(lines[:1] + lines[2:]))
    elif cut == "garbage":
        path.write_bytes(b"\x00\xff,\n" * 99)
    else:
        path.write_bytes(b"".join(lines)[: int(cut if cut > 1 else cut * 100)])
    with pytest.raises(DamagedFileError, match=f"{path} (cannot be used: |is gone)"):
        read_own_history(path)
