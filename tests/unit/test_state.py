"""Checkpoints survive kills, damage is noticed, one process at a time."""

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from resnetcam.common.errors import InputError
from resnetcam.training.state import Checkpoint, Partial, StateStore, fingerprint

SCRIPTS = Path(__file__).parents[2] / "scripts"


def checkpoint(epoch, step=0):
    partial = Partial(step, 0.1 * step, 3.0 * step, 1.5)
    random = np.random.default_rng(epoch)
    arrays = [random.random((3, 4)).astype(np.float32), random.random(2), np.float32(epoch)]
    history = [{"epoch": e, "loss": 0.1 / 3 * e} for e in range(1, epoch + 1)]
    return Checkpoint(
        epoch, partial, history, 1, arrays, arrays[:1], [array * 2 for array in arrays]
    )


def assert_same(found, expected):
    for name in ("epoch", "partial", "history", "best_epoch", "resumed_after"):
        assert getattr(found, name) == getattr(expected, name)
    for name in ("weights", "slots", "best_weights"):
        for ours, theirs in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def store(tmp_path):
    store = StateStore(tmp_path / "state", "abc", "last")
    store.directory.mkdir(parents=True)
    return store


def newest(store):
    return max(store.directory.glob("epoch-*"))


def test_a_checkpoint_comes_back_as_it_was(store):
    assert store.load() is None
    store.save(checkpoint(1))
    assert_same(store.load(), checkpoint(1))


@pytest.mark.parametrize(
    "places",
    [[(8, 0), (9, 0), (10, 0), (11, 0)], [(9, 9), (9, 10), (10, 0)], [(9, 0), (9, 9), (9, 10)]],
    ids=str,
)
def test_the_newest_of_two_generations_is_loaded(store, places):
    for place in places:
        store.save(checkpoint(*place))
    assert len(list(store.directory.iterdir())) == 2
    assert_same(store.load(), checkpoint(*places[-1]))
    newest(store).unlink()
    assert_same(store.load(), checkpoint(*places[-2]))


@pytest.mark.parametrize("keep", [0, 1, 64, 65, 66, 0.5, 0.999])
def test_a_truncated_checkpoint_falls_back_to_the_one_before(store, keep, caplog):
    store.save(checkpoint(1))
    store.save(checkpoint(2))
    content = newest(store).read_bytes()
    newest(store).write_bytes(content[: int(keep if keep >= 1 else keep * len(content))])
    assert_same(store.load(), checkpoint(1))
    assert "epoch-000002-step-00000000.state is damaged" in caplog.text
    store.save(checkpoint(2))
    assert_same(store.load(), checkpoint(2))


def test_a_flipped_bit_falls_back_and_two_leave_nothing(store):
    store.save(checkpoint(1))
    store.save(checkpoint(2))
    for path, expected in zip(
        sorted(store.directory.iterdir(), reverse=True), (1, None), strict=True
    ):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        found = store.load()
        assert (found and found.epoch) == expected


def test_a_write_that_fails_leaves_what_was_there(store, monkeypatch):
    store.save(checkpoint(1))

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        store.save(checkpoint(2))
    assert_same(store.load(), checkpoint(1))


def test_what_a_killed_write_left_is_swept_away(store):
    store.save(checkpoint(1))
    (store.directory / ".epoch-000002-step-00000000-x7d8.state").write_bytes(b"half")
    with store.locked():
        assert_same(store.load(), checkpoint(1))
    assert {path.name for path in store.directory.iterdir()} == {
        "epoch-000001-step-00000000.state",
        "lock",
    }


@pytest.fixture
def outputs(tmp_path):
    paths = {"model.keras": tmp_path / "m.keras", "history.csv": tmp_path / "h.csv"}
    for name, path in paths.items():
        path.write_bytes(name.encode() + bytes(range(256)))
    return paths


def finish(store, outputs):
    with store.finishing() as folder:
        for name, path in outputs.items():
            shutil.copyfile(path, folder / name)


def test_finished_files_are_given_back_byte_for_byte(store, outputs, tmp_path):
    assert not store.recall(outputs)
    finish(store, outputs)
    elsewhere = {name: tmp_path / "new" / path.name for name, path in outputs.items()}
    for _ in range(2):
        assert store.recall(elsewhere)
        for name, path in elsewhere.items():
            assert path.read_bytes() == outputs[name].read_bytes()


def test_finishing_again_replaces_what_was_finished(store, outputs):
    finish(store, outputs)
    outputs["history.csv"].write_text("second")
    finish(store, outputs)
    outputs["history.csv"].unlink()
    assert store.recall(outputs)
    assert outputs["history.csv"].read_text() == "second"


@pytest.mark.parametrize("name", ["model.keras", "history.csv", "manifest.json"])
@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: b"", lambda c: b"X" + c[1:], None])
def test_a_damaged_finished_file_is_not_given_back(store, outputs, name, damage):
    finish(store, outputs)
    path = store.directory / "finished-last" / name
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    for output in outputs.values():
        output.unlink()
    assert not store.recall(outputs)
    assert not any(output.exists() for output in outputs.values())


HOLDER = """
import shutil
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from resnetcam.training.state import StateStore
store = StateStore(sys.argv[2], "abc", "last")
with store.locked():
    print("locked", flush=True)
    sys.stdin.readline()
    with store.finishing() as folder:
        shutil.copy(sys.argv[3], folder / "model.keras")
"""


@pytest.fixture
def holder(store, outputs):
    command = [
        sys.executable,
        "-c",
        HOLDER,
        SCRIPTS,
        store.directory.parent,
        outputs["model.keras"],
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_finished_files_that_may_not_be_read_are_not_there_and_the_lock_says_why(
    store, outputs, monkeypatch
):
    def refused(path, *_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "exists", refused)
    assert not store.recall(outputs)
    monkeypatch.setattr("builtins.open", refused)
    told = "lock cannot be written: Permission denied"
    with pytest.raises(InputError, match=told), store.locked():
        pass


def test_outputs_that_may_not_be_written_are_no_reason_to_train_again(
    store, outputs, tmp_path, monkeypatch
):
    finish(store, outputs)

    def refused(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(shutil, "copyfile", refused)
    with pytest.raises(PermissionError):
        store.recall({"model.keras": tmp_path / "there.keras"})


def test_a_state_that_is_a_file_is_one_message(tmp_path):
    (tmp_path / "state").write_text("")
    store = StateStore(tmp_path / "state", "f", "last")
    told = r"cannot be written: Not a directory.*another `state`"
    with pytest.raises(InputError, match=told), store.locked():
        pass


def wait_for_lock(store, then):
    def target():
        with store.locked():
            then()

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def test_a_second_process_waits_for_the_first_says_so_and_adopts_its_result(
    holder, store, outputs, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    adopted, found = {"model.keras": tmp_path / "adopted.keras"}, []
    thread = wait_for_lock(store, lambda: found.append(store.recall(adopted)))
    deadline = time.monotonic() + 60
    while "another process" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "another process" in caplog.text
    assert thread.is_alive()
    holder.stdin.write("go on\n")
    holder.stdin.flush()
    thread.join(60)
    assert found == [True]
    assert adopted["model.keras"].read_bytes() == outputs["model.keras"].read_bytes()


def test_a_killed_process_lets_go_of_the_lock(holder, store):
    thread = wait_for_lock(store, lambda: None)
    holder.kill()
    thread.join(20)
    assert not thread.is_alive()


INGREDIENTS = {
    "data": {"x_train": "aa", "y_train": "bb"},
    "versions": {"keras": "3.15.1"},
    "model": {"family": "resnet_v1", "depth": 20},
    "recipe": {"epochs": 50, "drops": [1, 2], "affine": None},
    "seed": 1,
    "precision": "auto",
}


def reordered(value):
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return value


def test_a_fingerprint_is_hexadecimal_and_does_not_depend_on_the_order_of_keys():
    found = fingerprint(INGREDIENTS)
    assert len(found) == 32
    int(found, 16)
    assert fingerprint(reordered(INGREDIENTS)) == found
    assert fingerprint(json.loads(json.dumps(INGREDIENTS))) == found


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"x_train": "aa", "y_train": "bc"}},
        {"data": {"x_train": "bb", "y_train": "aa"}},
        {"versions": {"keras": "3.15.2"}},
        {"model": {"family": "resnet_v1", "depth": 26}},
        {"recipe": {"epochs": 50, "drops": [2, 1], "affine": None}},
        {"recipe": {"epochs": 50, "drops": [1, 2]}},
        {"seed": 2},
        {"precision": "float32"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_fingerprint_changes_with_every_ingredient(change):
    assert fingerprint(INGREDIENTS | change) != fingerprint(INGREDIENTS)
