"""Whatever ends a training, and wherever: the same call goes on, to the very same bits.

The changes that a training makes to files are counted, and each in turn is where it dies, or where
the disk is full. Its steps are fakes, so that there is time for hundreds of deaths; the numbers of
the real network are the matter of ``test_training`` and ``test_processes``.
"""

import errno
import fcntl
import itertools
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from mishaps import Files, Killed, dying, full
from small_data import write_data
from small_training import (
    AFTER_EVERY_STEP,
    FakeTrainer,
    Run,
    fake_machinery,
    fake_measures,
)

from resnetcam.common.errors import InputError
from resnetcam.common.interruption import noticing_signals
from resnetcam.data.dataset import DatasetReader
from resnetcam.networks import models
from resnetcam.networks.saving import save_classifier
from resnetcam.recipe.optimizers.sgd import SGD
from resnetcam.training import loop, outputs, session
from resnetcam.training.history import read_history
from resnetcam.training.state import StateStore
from resnetcam.workflow import stage

pytestmark = pytest.mark.slow

CONSTANT = {"name": "inverse_time", "initial": 0.25, "decay": 0, "drops": []}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data") / "data.h5")


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    """Fake steps, data that is read once, nothing waits for the disk."""
    monkeypatch.setattr(Run, "pace", AFTER_EVERY_STEP)
    monkeypatch.setattr(Run, "build", staticmethod(fake_machinery))
    fake_measures(monkeypatch.setattr)
    monkeypatch.setattr(session, "DatasetReader", open_once)
    for method in ("array", "sha256"):
        monkeypatch.setattr(DatasetReader, method, cache(getattr(DatasetReader, method)))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(FakeTrainer, "steps", 0)


open_once = cache(DatasetReader)


@pytest.fixture
def undisturbed(tmp_path, data, cpu):
    return Run(tmp_path / "undisturbed", data, cpu)()


def die(run, where):
    """Let a run die before a change that contains ``where``."""
    with Files(run.folder, dying(where)), pytest.raises(Killed):
        run()


def fresh(run):
    pass


def finished(run):
    run()
    shutil.rmtree(run.folder / "out")


def finished_and_damaged(run):
    finished(run)
    (path,) = run.folder.glob("state/*/finished-best/model.keras")
    path.write_bytes(b"damaged")


@pytest.mark.parametrize("power_cut", [False, True], ids=["kill", "power cut"])
@pytest.mark.parametrize(
    ("start", "points"), [(fresh, 80), (finished, 15), (finished_and_damaged, 40)]
)
def test_a_training_that_dies_before_any_change_to_files_goes_on(
    undisturbed, tmp_path, data, cpu, start, points, power_cut
):
    prepared = Run(tmp_path / "prepared", data, cpu)
    start(prepared)
    undisturbed_steps = 0 if prepared.folder.exists() else 6
    for number in itertools.count():
        run = Run(tmp_path / str(number), data, cpu)
        if prepared.folder.exists():
            shutil.copytree(prepared.folder, run.folder)
        FakeTrainer.steps = 0
        with Files(run.folder, dying(number)) as files:
            try:
                run()
                break
            except Killed:
                pass
        if power_cut:
            files.cut_power()
        run()
        assert run.result() == undisturbed.result(), files.changes[-1]
        assert FakeTrainer.steps - undisturbed_steps in (0, 1), files.changes[-1]
        assert run.leftovers() == [], files.changes[-1]
        shutil.rmtree(run.folder)
    assert number > points
    files.cut_power()
    assert run.result() == undisturbed.result() and list(run.state.glob("*/finished-best"))


def test_a_training_that_chooses_nothing_goes_on_to_the_very_same_bits(tmp_path, data, cpu):
    undisturbed, killed = (
        Run(tmp_path / name, data, cpu, protocol="full", select="last") for name in "ab"
    )
    undisturbed()
    for where in ("000000-step-00000003", "000001-step-00000002", "finished.new"):
        die(killed, where)
    killed()
    assert killed.result() == undisturbed.result()
    assert killed.result()[2] == (2, None)  # the epochs that are kept and best


def test_it_says_where_it_was_stopped(tmp_path, data, cpu):
    run = Run(tmp_path, data, cpu)
    for where in ("000000-step-00000003", "000001-step-00000002", "finished.new"):
        die(run, where)
    run()
    assert run.info["resumed_after"] == [
        {"epochs": 0, "steps": 2},
        {"epochs": 1, "steps": 1},
    ]


def test_a_training_that_moves_to_other_hardware_names_both(tmp_path, data, cpu, caplog):
    elsewhere = replace(cpu, device_name="another processor", precision="bfloat16")
    run = Run(tmp_path, data, cpu)
    die(run, "000000-step-00000002")
    die(run, "000000-step-00000003")
    assert "so far" not in caplog.text
    run.runtime = elsewhere
    die(run, "000001-step-00000001")
    assert f"so far on cpu: {cpu.device_name}, 2 threads, float32; the w" in caplog.text
    die(run, "finished.new")
    run.runtime = cpu
    run()
    assert run.info["hardware"] == [cpu.hardware, elsewhere.hardware]
    assert run.info["precision"] == "bfloat16", "what trained last, not what wrote the files"
    assert caplog.text.count("so far") == 1


def test_on_a_gpu_another_number_of_threads_is_no_other_hardware(tmp_path, data, cpu, caplog):
    gpu = replace(cpu, device="gpu", device_name="a GPU")
    run = Run(tmp_path, data, gpu)
    die(run, "000001-step-00000000")
    run.runtime = replace(gpu, threads=gpu.threads + 4)
    run()
    assert run.info["hardware"] == [gpu.hardware]
    assert "so far" not in caplog.text


def test_ctrl_c_outside_of_the_steps_is_one_message(tmp_path, data, cpu, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "build", interrupted)
    assert Run(tmp_path, data, cpu).as_stage() == 128 + signal.SIGINT
    log = (tmp_path / "logs/train.log").read_text()
    assert log.endswith("ERROR stopped by SIGINT\n")
    assert "Traceback" not in log + capsys.readouterr().err


def test_the_state_is_saved_every_minute(tmp_path, data, cpu, monkeypatch):
    """At 25 seconds a step, after each third step; and after each epoch."""
    monkeypatch.setattr(Run, "pace", session.Pace(seconds_a_cpu_call=0))
    clock = SimpleNamespace(perf_counter=lambda: 25.0 * FakeTrainer.steps)
    monkeypatch.setattr(session, "time", clock)
    saved = []
    monkeypatch.setattr(
        StateStore, "save", lambda _, state: saved.append((state.epoch, state.partial.step))
    )
    Run(tmp_path, data, cpu, batch_size=4)()
    assert saved == [(0, 3), (0, 6), (0, 9), (1, 0), (1, 3), (1, 6), (1, 9), (2, 0)]


def test_the_seconds_of_an_epoch_are_those_of_all_sittings(tmp_path, data, cpu, monkeypatch):
    clock = SimpleNamespace(perf_counter=lambda: 25.0 * FakeTrainer.steps)
    monkeypatch.setattr(session, "time", clock)
    run = Run(tmp_path, data, cpu)
    die(run, "000000-step-00000003")  # the third step is lost
    run()
    assert [row["seconds"] for row in read_history(run.outputs["history.csv"])] == [75, 75]


@pytest.mark.parametrize(
    ("decayed", "expected"),
    [("all", models.is_kernel), ("convolutions", models.is_convolution_kernel)],
)
def test_the_trainer_is_given_what_the_recipe_says(
    tmp_path, data, cpu, monkeypatch, decayed, expected
):
    given = []

    def trainer(network, *arguments):
        given[:] = network, *arguments
        raise Killed

    monkeypatch.setattr(loop.door, "trainer", trainer)
    monkeypatch.setattr(Run, "build", staticmethod(loop.build))
    with pytest.raises(Killed):
        Run(tmp_path, data, cpu, decayed_kernels=decayed, label_smoothing=0.2, weight_decay=0.03)()

    network, images, labels, _, optimizer, decays, smoothing = given
    assert (len(images), len(labels)) == (40, 40)
    assert optimizer == SGD(momentum=0.9)
    assert decays == [0.03 if expected(v) else 0 for v in network.trainable_variables]
    assert smoothing == 0.2


def full_disk_message(text):
    """The one line about it; nothing else speaks of an error."""
    assert "Traceback" not in text and "Logging error" not in text and "ignored" not in text
    (line,) = (line for line in text.splitlines() if "Free some space" in line)
    assert "run the same command" in line
    return line


def test_a_disk_that_is_full_from_any_change_on_is_one_message_and_nothing_is_lost(
    undisturbed, tmp_path, data, cpu, capsys
):
    for number in itertools.count():
        run = Run(tmp_path / str(number), data, cpu)
        FakeTrainer.steps = 0
        with Files(run.folder, full(number)) as files:
            status = run.as_stage()
        text = capsys.readouterr().err
        if status == 0:
            break
        assert status == 1, files.changes[-1]
        assert re.search(r"\w+/.* cannot be .*: No space left on device", full_disk_message(text))
        failed = next(c for c in files.changes[number:] if c.startswith(("open", "mkdir", "fsync")))
        assert not any(run.has_outputs()) or failed == "fsync out"
        assert {path.name for path in run.leftovers()} <= {"finished.new"}
        assert run.as_stage() == 0
        assert run.result() == undisturbed.result(), files.changes[-1]
        assert FakeTrainer.steps in (6, 7), files.changes[-1]
        assert run.leftovers() == [], files.changes[-1]
        shutil.rmtree(run.folder)
    assert number > 80


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 pages."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root may mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("writes_keras", "step"), [(False, 1), (True, 25)], ids=["fake", "keras"])
def test_a_disk_with_any_room_left_is_one_message_and_nothing_is_lost(
    small_disk, tmp_path, data, cpu, capfd, monkeypatch, writes_keras, step
):
    if writes_keras:
        model = models.build_classifier("resnet_v1", 8, np.zeros((8, 8, 3), np.float32), 3)
        monkeypatch.setattr(
            outputs, "save_classifier", lambda _, path, *about: save_classifier(model, path, *about)
        )
    undisturbed = Run(tmp_path / "undisturbed", data, cpu)()
    ballast = small_disk / "ballast"
    for pages in itertools.count(0, step):
        room = os.statvfs(small_disk)
        ballast.write_bytes(bytes(room.f_bsize * (room.f_bavail - pages)))
        run = Run(small_disk / "run", data, cpu)
        status = run.as_stage()
        text = capfd.readouterr().err
        ballast.unlink()
        if status == 0:
            break
        assert status == 1
        assert f"{run.folder}" in full_disk_message(text)
        assert not any(run.has_outputs())
        assert run.as_stage() == 0
        assert run.result() == undisturbed.result()
        shutil.rmtree(run.folder)
    assert pages > 8 * step


def test_a_log_file_that_cannot_be_written_is_one_warning(tmp_path, data, cpu, capsys, monkeypatch):
    class FullFile(logging.FileHandler):
        def flush(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stage._LogFile, "flush", FullFile.flush)
    assert Run(tmp_path, data, cpu).as_stage() == 0
    text = capsys.readouterr().err
    assert text.count("train.log cannot be written: No space left on device") == 1
    assert "Traceback" not in text and "Logging error" not in text
    assert "epoch 1/2" in text and "epoch 2/2" in text


def test_other_errors_still_show_their_traceback(tmp_path, data, cpu, capsys, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(StateStore, "save", fail)
    assert Run(tmp_path, data, cpu).as_stage() == 1
    for text in (capsys.readouterr().err, (tmp_path / "logs/train.log").read_text()):
        assert "Traceback" in text and "Free some space" not in text


def flip(position):
    def damage(content):
        at = int(position * (len(content) - 1))
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    return damage


DAMAGES = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "a byte short": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "doubled": lambda content: content * 2,
    "first bit": flip(0),
    "early bit": flip(0.1),
    "late bit": flip(0.9),
    "last bit": flip(1),
}


def damage_each(run, expected, caplog, read):
    """Damage each file of the state in every way; return how many damages were repaired.

    Those that ``read`` names must be reported.
    """
    state = run.folder / "before"
    run.state.rename(state)
    names = [p.relative_to(state) for p in state.rglob("*") if p.is_file()]
    for name, damage in itertools.product(names, DAMAGES):
        shutil.copytree(state, run.state, dirs_exist_ok=True)
        path = run.state / name
        if path.name != "lock":
            path.write_bytes(DAMAGES[damage](path.read_bytes()))
        else:
            path.write_bytes(b"\xff\xfe")
        caplog.clear()
        assert run().result() == expected.result(), (name, damage)
        assert (path.name in caplog.text) is (path.name in read), (name, damage)
        shutil.rmtree(run.state)
        shutil.rmtree(run.folder / "out")
    return len(names) * len(DAMAGES)


@pytest.mark.parametrize(
    ("where", "newest"),
    [
        ("epoch-000000-step-00000003", "epoch-000000-step-00000002.state"),
        ("epoch-000001-step-00000001", "epoch-000001-step-00000000.state"),
        ("epoch-000001-step-00000003", "epoch-000001-step-00000002.state"),
        ("finished.new", "epoch-000002-step-00000000.state"),
    ],
)
def test_a_damaged_state_is_reported_and_the_one_before_it_used(
    undisturbed, tmp_path, data, cpu, caplog, where, newest
):
    run = Run(tmp_path / "run", data, cpu)
    die(run, where)
    assert damage_each(run, undisturbed, caplog, [newest]) == 3 * len(DAMAGES)


def test_a_damaged_finished_file_is_reported_and_written_anew(
    undisturbed, tmp_path, data, cpu, caplog
):
    run = Run(tmp_path / "run", data, cpu)
    finished(run)
    files = ["model.keras", "model.json", "history.csv", "run.json", "manifest.json"]
    assert damage_each(run, undisturbed, caplog, files) == 8 * len(DAMAGES)


@pytest.mark.parametrize("content", ["", "null", "5", "[]", "[1]", '"x"', "{}", '{"model.keras":'])
def test_a_manifest_of_another_form_is_reported(undisturbed, tmp_path, data, cpu, caplog, content):
    run = Run(tmp_path / "run", data, cpu)
    finished(run)
    (path,) = run.state.glob("*/finished-best/manifest.json")
    path.write_text(content)
    assert run().result() == undisturbed.result()
    assert "manifest.json" in caplog.text


def test_no_flipped_bit_of_a_state_goes_unnoticed(tmp_path, data, cpu):
    run = Run(tmp_path, data, cpu)
    die(run, "epoch-000001-step-00000002")
    (directory,) = run.state.iterdir()
    path = max(directory.glob("epoch-*"))
    content = path.read_bytes()
    for at in range(0, len(content), 5):
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :])
        assert StateStore(run.state, directory.name, "best").load().partial.step == 0, at


def test_when_all_is_damaged_it_starts_anew_and_what_it_then_saves_counts(
    undisturbed, tmp_path, data, cpu, caplog
):
    run = Run(tmp_path / "run", data, cpu)
    finished(run)
    for path in run.state.rglob("*"):
        if path.is_file():
            os.truncate(path, path.stat().st_size // 2)
    die(run, "epoch-000000-step-00000003")
    assert "starting anew" in caplog.text
    caplog.clear()
    assert run().result() == undisturbed.result()
    assert run.info["resumed_after"] == [{"epochs": 0, "steps": 2}]


def no_longer_finite(monkeypatch, after, value):
    """Let the weights, though not yet the loss, leave the numbers after so many steps in all."""
    run_steps, done = FakeTrainer.run, itertools.count(1)

    def run(trainer, *arguments):
        results = run_steps(trainer, *arguments)
        if next(done) == after:
            trainer.network.values[1][1] = value
        return results

    monkeypatch.setattr(FakeTrainer, "run", run)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("steps", "where", "kept"), [(5, "step 2", (1, 1)), (6, "step 3", (1, 2))])
@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("within_epochs", [False, True])
def test_weights_that_are_not_finite_are_never_saved(
    tmp_path, data, cpu, monkeypatch, value, steps, where, kept, resumed, within_epochs
):
    run = Run(tmp_path, data, cpu, schedule=CONSTANT)
    if resumed:
        die(run, "epoch-000001-step-00000002")
    if not within_epochs:
        monkeypatch.setattr(Run, "pace", session.Pace(seconds_a_cpu_call=0))
    no_longer_finite(monkeypatch, steps - 4 * resumed, value)
    where = where if within_epochs else "step 3"
    message = f"weights are no longer finite in epoch 2, {where}, at learning rate 0.25"
    with pytest.raises(InputError, match=message):
        run()
    assert not any(run.has_outputs())
    (directory,) = run.state.iterdir()
    state = StateStore(run.state, directory.name, "best").load()
    assert all(np.isfinite(values).all() for values in state.weights)
    if within_epochs:
        assert (state.epoch, state.partial.step) == kept


def test_a_loss_that_is_not_finite_is_told_with_its_step_after_a_resume(
    tmp_path, data, cpu, monkeypatch
):
    run = Run(tmp_path, data, cpu, schedule=CONSTANT)
    die(run, "epoch-000001-step-00000002")
    monkeypatch.setattr(
        FakeTrainer, "run", lambda *_: (np.array([[np.nan]], np.float32), np.zeros(1))
    )
    with pytest.raises(InputError, match=r"loss is .* in epoch 2, step 2, at learning rate 0\.25"):
        run()


def signal_in_step(monkeypatch, number, signum):
    run_steps, done = FakeTrainer.run, itertools.count(1)

    def run(trainer, *arguments):
        if next(done) == number:
            os.kill(os.getpid(), signum)
        return run_steps(trainer, *arguments)

    monkeypatch.setattr(FakeTrainer, "run", run)


@pytest.mark.parametrize("step", range(1, 6))
def test_a_signal_in_any_step_stops_after_it(
    undisturbed, tmp_path, data, cpu, monkeypatch, capsys, step
):
    monkeypatch.setattr(Run, "pace", session.Pace(seconds_a_cpu_call=0))
    run = Run(tmp_path / "run", data, cpu)
    with monkeypatch.context() as patch:
        signal_in_step(patch, step, signal.SIGTERM)
        assert run.as_stage() == 128 + signal.SIGTERM
    epoch, done = divmod(step - 1, 3)
    told = f"stopped by SIGTERM in epoch {epoch + 1} after step {done + 1} of 3"
    assert told in capsys.readouterr().err
    assert run.as_stage() == 0
    assert run.result() == undisturbed.result()
    assert run.info["resumed_after"] == [{"epochs": epoch, "steps": done + 1}]


def test_a_stop_with_weights_that_are_not_finite_is_no_saved_state(
    tmp_path, data, cpu, monkeypatch
):
    run = Run(tmp_path, data, cpu)
    no_longer_finite(monkeypatch, 2, float("nan"))
    signal_in_step(monkeypatch, 2, signal.SIGTERM)
    with pytest.raises(InputError, match="weights are no longer finite in epoch 1, step 2"):
        run()


@pytest.fixture
def a_handler():
    """What handles SIGTERM before; SIGINT is ignored."""

    def handle(*_):
        raise AssertionError("the signal was noticed too late")

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, handle),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
    }
    yield handle
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("noticed", [False, True])
def test_an_ignored_signal_stays_ignored_and_handlers_come_back(a_handler, noticed):
    with noticing_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.signum is None
        if noticed:
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.signum == signal.SIGTERM
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is a_handler


def test_in_another_thread_no_signal_is_touched(a_handler):
    found = []

    def work():
        with noticing_signals() as stop:
            found.append((stop.signum, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(None, a_handler)]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_a_warning(
    undisturbed, tmp_path, data, cpu, monkeypatch, caplog, number
):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    run = Run(tmp_path / "run", data, cpu)()
    assert run.result() == undisturbed.result()
    assert "lock cannot be locked" in caplog.text and os.strerror(number) in caplog.text


def test_an_error_of_the_lock_is_an_error(tmp_path, data, cpu, monkeypatch):
    def flock(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="Input/output"):
        Run(tmp_path, data, cpu)()


@pytest.fixture
def anothers_files(monkeypatch):
    """Returns a function after which files below a folder can be read, and none written."""

    def belong_to_another(folder):
        def refuse(number, change):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), change.split()[1])

        return Files(folder, refuse)

    return belong_to_another


def test_what_another_person_trained_is_given_back_from_a_folder_that_may_only_be_read(
    undisturbed, tmp_path, data, cpu, anothers_files
):
    reader = Run(tmp_path / "reader", data, cpu, state=undisturbed.state)
    FakeTrainer.steps = 0
    with anothers_files(undisturbed.folder):
        reader()
    assert reader.result() == undisturbed.result()
    assert FakeTrainer.steps == 0


def test_a_training_in_a_folder_that_may_only_be_read_is_one_message(
    undisturbed, tmp_path, data, cpu, anothers_files
):
    other = Run(tmp_path / "other", data, cpu, state=undisturbed.state, seed=2)
    with anothers_files(undisturbed.folder), pytest.raises(InputError, match="set another `state`"):
        other()
    assert not any(other.has_outputs())


def test_a_file_system_that_flushes_no_folders_is_no_error(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    def fsync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fsync)
    assert Run(tmp_path / "run", data, cpu)().result() == undisturbed.result()


def test_another_training_in_the_same_root_is_left_alone(undisturbed, tmp_path, data, cpu):
    run = Run(tmp_path / "run", data, cpu)
    die(run, "epoch-000001-step-00000002")
    before = {path: path.read_bytes() for path in run.state.rglob("*") if path.is_file()}
    other = Run(tmp_path / "other", data, cpu, state=run.state, seed=2)()
    assert other.result() != undisturbed.result()
    assert len(list(run.state.iterdir())) == 2
    assert all(path.read_bytes() == content for path, content in before.items())
    assert run().result() == undisturbed.result()
    assert run.info["resumed_after"] == [{"epochs": 1, "steps": 1}]
