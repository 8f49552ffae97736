"""Whole trainings on 8x8 images: reproducible, resumable, selected and stopped as told."""

import contextlib
import csv
import json
import shutil
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from small_data import write_data
from small_recipe import AFFINE
from small_recipe import RECIPE as SMALL
from small_training import FakeTrainer, fake_machinery, fake_measures

from resnetcam.common.errors import InputError
from resnetcam.common.rows import Rows
from resnetcam.data import dataset
from resnetcam.data.dataset import DatasetReader
from resnetcam.evaluation.scoring import accuracy_and_loss
from resnetcam.networks import models
from resnetcam.recipe import randomness
from resnetcam.recipe.recipe import Recipe
from resnetcam.training import loop, outputs, provenance, session, steps_of_epoch
from resnetcam.training.outputs import OUTPUTS
from resnetcam.training.plan import Plan, ingredients
from resnetcam.training.state import StateStore
from resnetcam.training.steps_of_epoch import CallLength, calls

pytestmark = pytest.mark.slow

ERASE = {"probability": 0.5, "area": [0.02, 0.4], "aspect": [0.3, 3.3], "value": [0, 1]}
EVERYTHING = SMALL["augmentation"] | {"affine": AFFINE, "erase": ERASE}
NOTHING = SMALL["augmentation"] | {"flip": "none", "crop_padding": 0}
RECIPE = SMALL | {"epochs": 3, "augmentation": EVERYTHING}
MODEL = {"family": "resnet_v1", "depth": 8}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data") / "data.h5", coloured=True)


class Run:
    """A training in a folder of its own, with what it wrote."""

    build = staticmethod(loop.build)
    pace = session.Pace()

    def __init__(self, folder, data, cpu, state=None, **changes):
        self.folder, self.data, self.cpu = folder, data, cpu
        self.state = state or folder / "state"
        plan = {
            "protocol": "holdout",
            "seed": 1,
            "backend": "tensorflow",
            "precision": "float32",
            "code": "c",
            "writes": "w",
            "model": MODEL,
        }
        fields = {key: changes.pop(key) for key in list(changes) if key in plan}
        self.recipe = RECIPE | changes
        self.plan = Plan(recipe=self.recipe, **(plan | fields))
        self.outputs = {name: folder / name for name in OUTPUTS}

    def __call__(self):
        session.train(
            self.data,
            self.plan,
            self.cpu,
            self.state,
            self.outputs,
            pace=self.pace,
            build=self.build,
        )
        return self

    @property
    def model(self):
        return keras.models.load_model(self.outputs["model.keras"])

    @property
    def info(self):
        return json.loads(self.outputs["run.json"].read_text())

    @property
    def history(self):
        with open(self.outputs["history.csv"], newline="") as file:
            return list(csv.DictReader(file))

    def content(self):
        return {name: path.read_bytes() for name, path in self.outputs.items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, data, cpu):
    return Run(tmp_path_factory.mktemp("undisturbed"), data, cpu)()


def assert_same_result(found, expected):
    for ours, theirs in zip(found.model.get_weights(), expected.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    without_clock = [
        [{key: row[key] for key in row if key != "seconds"} for row in run.history]
        for run in (found, expected)
    ]
    assert without_clock[0] == without_clock[1]
    assert found.content()["model.keras"] == expected.content()["model.keras"]


def test_the_same_seed_gives_the_same_bits(undisturbed, tmp_path, data, cpu):
    assert_same_result(Run(tmp_path, data, cpu)(), undisturbed)


def test_history_has_a_row_an_epoch_with_the_rate_at_its_end(undisturbed):
    history = undisturbed.history
    assert tuple(history[0]) == (
        "epoch",
        "learning_rate",
        "seconds",
        "loss",
        "penalty",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "images",
    )
    assert [row["epoch"] for row in history] == ["1", "2", "3"]
    # Nine steps; the last of each epoch has its middle at 2.5, 5.5 and 8.5 ninths.
    middles = np.array([2.5, 5.5, 8.5]) / 9
    expected = 0.05 * (1 - middles) / 0.8
    assert [float(row["learning_rate"]) for row in history] == pytest.approx(expected)


def test_the_written_model_is_plain_and_scores_what_history_says(undisturbed, data):
    reader = DatasetReader(data)
    split = reader.split("holdout")
    x, y = (reader.array(name)[split.validation] for name in ("x_train", "y_train"))
    probabilities = undisturbed.model.predict(x, verbose=0)
    loss = -np.log(probabilities[np.arange(len(y)), y]).mean()
    last = undisturbed.history[-1]
    assert loss == pytest.approx(float(last["val_loss"]), rel=1e-4)
    assert (probabilities.argmax(1) == y).mean() == float(last["val_accuracy"])
    assert undisturbed.info["selected_epoch"] == 3
    assert undisturbed.info["training_images"] == 40
    assert undisturbed.info["resumed_after"] == []
    assert (
        "resnetcam"
        not in zipfile.ZipFile(undisturbed.outputs["model.keras"]).read("config.json").decode()
    )


class Killed(BaseException):
    """Stands for a signal: nothing in the library catches it."""


def kill_after(monkeypatch, epoch):
    save = StateStore.save

    def save_and_die(store, checkpoint):
        save(store, checkpoint)
        if checkpoint.epoch == epoch:
            raise Killed

    monkeypatch.setattr(StateStore, "save", save_and_die)


def test_a_killed_training_goes_on_to_the_very_same_bits(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    """Killed in the middle, and again when all epochs are done but nothing is written."""
    run = Run(tmp_path, data, cpu)
    for epoch in (2, 3):
        with monkeypatch.context() as patch:
            kill_after(patch, epoch)
            with pytest.raises(Killed):
                run()
        assert not any(path.exists() for path in run.outputs.values())
        keras.utils.set_random_seed(99)
    assert_same_result(run(), undisturbed)
    # The second time nothing was left to train.
    assert run.info["resumed_after"] == [{"epochs": 2, "steps": 0}]


def no_session(*_):
    raise AssertionError("a finished training was repeated")


def test_a_finished_training_is_restored_and_not_repeated(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    monkeypatch.setattr(session, "_Session", no_session)
    again = Run(tmp_path, data, cpu, state=undisturbed.state)()
    assert again.content() == undisturbed.content()


def test_whose_weights_are_kept_may_change_without_training_again(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    """The learning rates fall to zero, so the last epoch is made not to be the best."""
    scores = iter([(0.5, 1.0), (0.9, 1.0), (0.1, 1.0)])
    with monkeypatch.context() as patch:
        patch.setattr(loop, "accuracy_and_loss", lambda *_: next(scores))
        best = Run(tmp_path, data, cpu, select="best")()
    monkeypatch.setattr(loop.Epoch, "__iter__", no_session)

    last = Run(tmp_path / "last", data, cpu, state=best.state)()

    assert (best.info["selected_epoch"], last.info["selected_epoch"]) == (2, 3)
    assert last.info["ingredients"]["recipe"]["select"] == "last"
    assert last.info["fingerprint"] == best.info["fingerprint"]
    for ours, theirs in zip(last.model.get_weights(), undisturbed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any(
        (ours != theirs).any()
        for ours, theirs in zip(last.model.get_weights(), best.model.get_weights(), strict=True)
    )
    again = Run(tmp_path / "again", data, cpu, state=best.state, select="best")()
    assert again.content() == best.content()


def without_steps(monkeypatch):
    monkeypatch.setattr(loop.Epoch, "__iter__", no_session)


def test_other_code_that_writes_writes_anew_without_training(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    """Where the state is gone, the files of the earlier code are better than nothing."""
    without_steps(monkeypatch)
    state = tmp_path / "state"
    shutil.copytree(undisturbed.state, state)
    monkeypatch.setattr(
        outputs, "write_history", lambda path, history: path.write_text("another form")
    )

    again = Run(tmp_path / "again", data, cpu, state=state, writes="other")()

    assert again.outputs["history.csv"].read_text() == "another form"
    ours, theirs = again.content(), undisturbed.content()
    assert ours["model.keras"] == theirs["model.keras"]
    assert ours["run.json"] == theirs["run.json"], "what ended the training, not what writes"
    (fingerprint,) = state.iterdir()
    found = sorted(path.name for path in fingerprint.glob("finished*"))
    assert found == ["finished-last-other", "finished-last-w"]

    for path in fingerprint.glob("*.state"):
        path.write_bytes(b"damaged")
    third = Run(tmp_path / "third", data, cpu, state=state, writes="third")()
    assert third.content() in (again.content(), undisturbed.content())


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"code": "d"},
        {"backend": "jax"},
        {"precision": "auto"},
        {"protocol": "test_selected"},
        {"model": {"family": "resnet_v1", "depth": 14}},
        {"epochs": 4},
        {"weight_decay": 1e-4},
        {"augmentation": NOTHING},
    ],
    ids=str,
)
def test_every_part_of_a_plan_makes_another_training(
    undisturbed, tmp_path, data, cpu, monkeypatch, change
):
    monkeypatch.setattr(session, "_Session", no_session)
    with pytest.raises(AssertionError, match="repeated"):
        Run(tmp_path, data, cpu, state=undisturbed.state, **change)()


def test_other_versions_of_the_libraries_make_another_training(
    undisturbed, tmp_path, data, cpu, monkeypatch
):
    monkeypatch.setattr(session, "_Session", no_session)
    newer = replace(cpu, versions=cpu.versions | {"keras": "99"})
    with pytest.raises(AssertionError, match="repeated"):
        Run(tmp_path, data, newer, state=undisturbed.state)()


@pytest.mark.parametrize(
    ("protocol", "array", "again"),
    [
        ("holdout", "x_train", True),
        ("holdout", "y_train", True),
        ("holdout", "holdout/train", True),
        ("holdout", "holdout/mean", True),
        ("holdout", "holdout/validation", True),
        ("holdout", "x_test", False),
        ("holdout", "test_selected/mean", False),
        ("test_selected", "x_test", True),
        ("test_selected", "y_test", True),
        ("test_selected", "holdout/train", False),
        ("full", "x_train", True),
        ("full", "full/train", True),
        ("full", "full/mean", True),
        ("full", "x_test", False),
        ("full", "y_test", False),
        ("full", "test_selected/mean", False),
        ("holdout", "full/mean", False),
        ("test_selected", "full/train", False),
    ],
)
def test_only_arrays_that_a_training_reads_decide_its_fingerprint(
    data, cpu, protocol, array, again
):
    def with_another(changed):
        reader = DatasetReader(data)
        digest = reader.sha256
        reader.sha256 = lambda name: "other" if name == changed else digest(name)
        plan = Plan(MODEL, RECIPE, protocol, 1, "tensorflow", "float32", "c")
        return ingredients(reader, plan, cpu)

    assert (with_another(array) != with_another(None)) is again


@pytest.mark.parametrize(
    ("protocol", "choosing"),
    [("holdout", {"holdout/validation"}), ("test_selected", {"x_test", "y_test"}), ("full", set())],
)
def test_the_arrays_of_a_fingerprint_have_these_names(data, cpu, protocol, choosing):
    """With others, finished trainings would be trained again."""
    plan = Plan(MODEL, RECIPE, protocol, 1, "tensorflow", "float32", "c")
    found = ingredients(DatasetReader(data), plan, cpu)["data"]
    training = {"x_train", "y_train", f"{protocol}/train", f"{protocol}/mean"}
    assert found.keys() == training | choosing


def test_losses_are_plain_cross_entropy_over_all_images_the_last_small_batch_included(
    tmp_path, data, cpu
):
    """Nothing moves at rate 0 and BN momentum 1, so every number can be recomputed."""
    run = Run(
        tmp_path,
        data,
        cpu,
        select="best",
        epochs=2,
        weight_decay=0.02,
        decayed_kernels="convolutions",
        batch_norm_momentum=1.0,
        schedule={"name": "one_cycle", "peak": 0.0, "warmup": 0.2},
        augmentation=NOTHING,
    )()
    reader = DatasetReader(data)
    split, x, y = reader.split("holdout"), reader.array("x_train"), reader.array("y_train")
    network = models.build_network("resnet_v1", 8, 3, 3)
    models.initialize(network, 1)
    start = network.get_weights()
    inputs, labels = x[split.train] / np.float32(255) - split.mean, y[split.train]
    order = randomness.permutation(1, 2, 40)
    logits = [network(inputs[order[i : i + 16]], training=True) for i in (0, 16, 32)]
    accuracy, loss = accuracy_and_loss(np.concatenate(logits), labels[order])
    row = run.history[1]
    assert float(row["loss"]) == pytest.approx(loss, rel=1e-5)
    assert float(row["accuracy"]) == accuracy
    network.set_weights(start)
    kernels = [v for v in network.trainable_variables if len(v.shape) == 4]
    penalty = 0.01 * sum(float((v.numpy().astype(np.float64) ** 2).sum()) for v in kernels)
    assert float(row["penalty"]) == pytest.approx(penalty, rel=1e-5)
    validation = x[split.validation] / np.float32(255) - split.mean
    logits = network(validation, training=False).numpy()
    val_accuracy, val_loss = accuracy_and_loss(logits, y[split.validation])
    assert float(row["val_loss"]) == pytest.approx(val_loss, rel=1e-4)
    assert float(row["val_accuracy"]) == val_accuracy
    # All epochs tie, so the best is the first.
    assert (run.info["best_epoch"], run.info["selected_epoch"]) == (1, 1)
    for ours, theirs in zip(run.model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("protocol", ["holdout", "test_selected"])
def test_images_that_do_not_fit_into_memory_train_to_the_same_bits(
    tmp_path, data, cpu, monkeypatch, protocol
):
    whole = Run(tmp_path / "whole", data, cpu, protocol=protocol, skip_easy=0.5)()
    monkeypatch.setattr(dataset, "MOST_BYTES_IN_MEMORY", 0)
    found = session.load(DatasetReader(data), protocol)
    assert isinstance(found.x, Rows) and isinstance(found.x_validation, Rows)
    in_parts = Run(tmp_path / "parts", data, cpu, protocol=protocol, skip_easy=0.5)()
    written = [run.outputs["model.keras"].read_bytes() for run in (whole, in_parts)]
    assert written[0] == written[1]
    for ours, theirs in zip(whole.history, in_parts.history, strict=True):
        assert ours | {"seconds": ""} == theirs | {"seconds": ""}


def test_where_nothing_is_held_out_the_test_set_chooses(data):
    reader = DatasetReader(data)
    found = session.load(reader, "test_selected")
    np.testing.assert_array_equal(found.x_validation, reader.array("x_test"))
    np.testing.assert_array_equal(found.y_validation, reader.array("y_test"))
    np.testing.assert_array_equal(found.x, reader.array("x_train"))
    np.testing.assert_array_equal(found.y, reader.array("y_train"))


def test_where_nothing_is_chosen_all_images_train_and_no_test_image_is_read(
    tmp_path, data, cpu, caplog
):
    caplog.set_level("INFO")
    without_test_images = tmp_path / "data.h5"
    shutil.copy(data, without_test_images)
    with h5py.File(without_test_images, "r+") as file:
        del file["x_test"], file["y_test"]

    run = Run(tmp_path, without_test_images, cpu, protocol="full", epochs=2)()

    reader = DatasetReader(data)
    found = session.load(reader, "full")
    np.testing.assert_array_equal(found.x, reader.array("x_train"))
    np.testing.assert_array_equal(found.mean, reader.array("test_selected/mean"))
    assert (len(found.x_validation), len(found.y_validation)) == (0, 0)
    assert (run.info["best_epoch"], run.info["selected_epoch"]) == (None, 2)
    assert run.info["training_images"] == 48
    assert [(row["val_loss"], row["val_accuracy"]) for row in run.history] == [("", "")] * 2
    assert all(np.isfinite(float(row["loss"])) for row in run.history)
    assert "epoch 2/2" in caplog.text and " val " not in caplog.text


def test_no_best_epoch_can_be_kept_where_nothing_is_chosen(tmp_path, data, cpu):
    with pytest.raises(InputError, match=r"recipe\.select: 'best' .* 'full'"):
        Run(tmp_path, data, cpu, protocol="full", select="best")()
    assert not (tmp_path / "state").exists()


def fake_steps(monkeypatch, losses=None, val_losses=None, val_accuracies=None):
    """Let a call of steps only move a fake network's weights; say what was measured.

    Returns the list of the calls' arguments.
    """
    fake_measures(monkeypatch.setattr)
    monkeypatch.setattr(Run, "build", staticmethod(fake_machinery))
    losses, val_losses, val_accuracies = (
        iter(values or [1.0] * 99) for values in (losses, val_losses, val_accuracies)
    )
    calls = []

    def run(trainer, *arguments):
        calls.append(arguments)
        trainer.network.set_weights([w + 0.01 for w in trainer.network.get_weights()])
        shape = arguments[0].shape
        of_images = np.asarray(next(losses), np.float32)[..., None] / shape[1]
        return np.broadcast_to(of_images, shape), np.ones(shape[0])

    monkeypatch.setattr(FakeTrainer, "run", run)
    measured = zip(val_accuracies, val_losses, strict=False)
    monkeypatch.setattr(loop, "accuracy_and_loss", lambda *_: next(measured))
    return calls


def calls_of_all_whole_batches(monkeypatch):
    length = SimpleNamespace(steps=8, timed=contextlib.nullcontext)
    monkeypatch.setattr(session, "CallLength", lambda *_: length)


def test_every_step_gets_its_own_rate_and_every_image_its_own_draws_and_its_epochs_size(
    tmp_path, data, cpu, monkeypatch
):
    calls = fake_steps(monkeypatch)
    calls_of_all_whole_batches(monkeypatch)
    run = Run(tmp_path, data, cpu, progressive_resizing=[{"scale": 0.625, "share": 0.7}])()
    assert [indices.shape for indices, *_ in calls] == [(2, 16), (1, 8)] * 3
    assert [side for *_, side in calls] == [5, 5, 5, 5, None, None]
    rates = np.concatenate([rates for *_, rates, _ in calls])
    middles = (np.arange(9) + 0.5) / 9
    np.testing.assert_allclose(rates, 0.05 * np.minimum(middles / 0.2, (1 - middles) / 0.8))
    for number, (indices, draws, *_) in enumerate(calls):
        epoch = number // 2 + 1
        augmentation = Recipe.from_settings(run.recipe).augmentation
        expected = randomness.augmentation_draws(augmentation, 1, epoch, 40, 8, 8)
        assert draws.keys() == expected.keys()
        for name, values in draws.items():
            np.testing.assert_array_equal(values, expected[name][indices])
    for epoch in (0, 2, 4):
        seen = np.concatenate([calls[epoch][0].ravel(), calls[epoch + 1][0].ravel()])
        assert sorted(seen) == list(range(40))


def losses_by_image(monkeypatch):
    """Let an image's loss be known: in later epochs, that of another image."""
    calls = fake_steps(monkeypatch)

    def run(trainer, indices, *_):
        first = trainer.network.get_weights()[0].ravel()[0]
        trainer.network.set_weights([w + 0.01 for w in trainer.network.get_weights()])
        calls.append((round(float(first), 2), indices))
        return (indices * 7 + round(first * 100)) % 40 + 1.0, np.ones(len(indices))

    monkeypatch.setattr(FakeTrainer, "run", run)
    return calls


def images_of(run, calls):
    """The images of each epoch, in their order."""
    seen = np.concatenate([indices.ravel() for _, indices in calls])
    ends = np.cumsum([int(row["images"]) for row in run.history])
    assert ends[-1] == len(seen)
    return np.split(seen, ends[:-1])


def test_easy_images_are_left_out_from_the_third_epoch_on(tmp_path, data, cpu, monkeypatch):
    calls = losses_by_image(monkeypatch)
    monkeypatch.setattr(Run, "pace", session.Pace(seconds_a_cpu_call=0))
    run = Run(tmp_path, data, cpu, epochs=5, batch_size=4, skip_easy=0.5)()
    first, second, third, fourth, last = images_of(run, calls)
    for everyone in (first, second):
        assert sorted(everyone) == list(range(40))
    for some in (third, fourth, last):
        assert len(set(some)) == len(some) < 40
        assert len(some) % 4 == 0, "a rest that fills no batch is left out too"
    last_seen = {}
    for weight, indices in calls[: 2 * 10]:
        for image in indices.ravel().tolist():
            last_seen[image] = (image * 7 + round(weight * 100)) % 40
    hard = {image for image, loss in last_seen.items() if loss >= np.mean([*last_seen.values()])}
    assert 0 < len(hard) < 40
    assert len(hard - set(third.tolist())) < 4
    # An epoch is as much of the schedule as it is expected to see images.
    ends = [float(row["learning_rate"]) for row in run.history]
    steps = [len(images) // 4 for images in (first, second, third, fourth, last)]
    shares = np.array([1, 1, 0.64375, 0.64375, 0.64375])
    progress = (shares.cumsum() - shares * 0.5 / steps) / shares.sum()
    assert ends == pytest.approx(np.interp(progress, [0, 0.2, 1], [0, 0.05, 0]).tolist())


@pytest.mark.parametrize("saves", range(1, 13))
def test_after_a_kill_the_same_images_are_left_out(tmp_path, data, cpu, monkeypatch, saves):
    calls = losses_by_image(monkeypatch)
    pace = session.Pace(seconds_between_checkpoints=-1, seconds_a_cpu_call=0)
    monkeypatch.setattr(Run, "pace", pace)
    expected = images_of(Run(tmp_path / "whole", data, cpu, epochs=5, skip_easy=0.5)(), calls)
    calls.clear()
    with monkeypatch.context() as patch:
        save, left = StateStore.save, iter(range(saves))

        def last_save(store, checkpoint):
            save(store, checkpoint)
            if next(left) == saves - 1:
                raise Killed

        patch.setattr(StateStore, "save", last_save)
        with pytest.raises(Killed):
            Run(tmp_path / "killed", data, cpu, epochs=5, skip_easy=0.5)()
    found = images_of(Run(tmp_path / "killed", data, cpu, epochs=5, skip_easy=0.5)(), calls)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_kill_in_an_epoch_that_leaves_images_out_changes_no_bit(tmp_path, data, cpu, monkeypatch):
    """With the real network, whose losses and weights a checkpoint has to keep exactly."""
    settings = {"epochs": 4, "batch_size": 4, "skip_easy": 0.9}
    whole = Run(tmp_path / "whole", data, cpu, **settings)()
    assert min(float(row["images"]) for row in whole.history) < 40
    monkeypatch.setattr(Run, "pace", session.Pace(-1, seconds_a_cpu_call=0))
    run = Run(tmp_path / "killed", data, cpu, **settings)
    for place in ((3, 0), (3, 2), (4, 1)):
        with monkeypatch.context() as patch:
            save = StateStore.save

            def last_save(store, checkpoint, place=place, save=save):
                save(store, checkpoint)
                if (checkpoint.epoch + 1, checkpoint.partial.step) == place:
                    raise Killed

            patch.setattr(StateStore, "save", last_save)
            with pytest.raises(Killed):
                run()
    assert_same_result(run(), whole)
    assert len(run.info["resumed_after"]) == 3


def test_a_call_on_a_gpu_is_of_all_whole_batches(tmp_path, data, cpu, monkeypatch):
    calls = fake_steps(monkeypatch)
    monkeypatch.setattr(Run, "pace", session.Pace(seconds_a_cpu_call=0))
    Run(tmp_path, data, replace(cpu, device="gpu"), epochs=1)()
    assert [indices.shape for indices, *_ in calls] == [(2, 16), (1, 8)]


@pytest.mark.parametrize(("select", "selected"), [("best", 2), ("last", 5)])
def test_the_model_of_the_best_epoch_the_first_of_ties_or_of_the_last_also_after_a_kill(
    tmp_path, data, cpu, monkeypatch, select, selected
):
    kept, save = {}, StateStore.save

    def keep(store, checkpoint):
        kept[checkpoint.epoch] = [values.copy() for values in checkpoint.weights]
        save(store, checkpoint)

    monkeypatch.setattr(StateStore, "save", keep)
    fake_steps(monkeypatch, val_accuracies=[0.2, 0.5, 0.5, 0.3, 0.4])
    run = Run(tmp_path, data, cpu, select=select, epochs=5, protocol="test_selected")
    with monkeypatch.context() as patch:
        kill_after(patch, 3)
        with pytest.raises(Killed):
            run()
    run()
    assert [row["val_accuracy"] for row in run.history] == ["0.2", "0.5", "0.5", "0.3", "0.4"]
    assert (run.info["best_epoch"], run.info["selected_epoch"]) == (2, selected)
    assert run.info["training_images"] == 48
    written = run.outputs["model.keras"].read_bytes()
    assert [
        epoch
        for epoch, weights in kept.items()
        if b"".join(values.tobytes() for values in weights) == written
    ] == [selected]


NAN = float("nan")


# The rates of the second epoch's steps are 0.03125, 0.01875 and 0.00625.
@pytest.mark.parametrize(
    ("measured", "where"),
    [
        ({"losses": [1, 1, [1, NAN], 1]}, "step 2, at learning rate 0.0187"),
        ({"losses": [1, 1, 1, NAN]}, "step 3, at learning rate 0.00625"),
        ({"losses": [1, 1, 1, float("inf")]}, "step 3, at learning rate 0.00625"),
        ({"val_losses": [1, NAN]}, "step 3, at learning rate 0.00625"),
    ],
    ids=["first call", "last call", "infinite", "after the last step"],
)
def test_a_loss_that_is_not_finite_stops_the_training_without_outputs(
    tmp_path, data, cpu, monkeypatch, measured, where
):
    schedule = {"name": "one_cycle", "peak": 0.075, "warmup": 0.0}
    run = Run(tmp_path, data, cpu, epochs=2, schedule=schedule)
    fake_steps(monkeypatch, **measured)
    calls_of_all_whole_batches(monkeypatch)  # 2 steps, then 1
    with pytest.raises(InputError, match=f"epoch 2, {where}[.]"):
        run()
    assert not any(path.exists() for path in run.outputs.values())
    (directory,) = run.state.iterdir()
    assert StateStore(run.state, directory.name, "best", "w").load().epoch == 1


def test_bfloat16_trains_and_the_written_model_is_float32(tmp_path, data, cpu, monkeypatch):
    built = []
    monkeypatch.setattr(
        Run, "build", staticmethod(lambda *args: built.append(loop.build(*args)) or built[-1])
    )
    bfloat16 = replace(cpu, precision="bfloat16")
    run = Run(
        tmp_path,
        data,
        bfloat16,
        epochs=1,
        batch_size=40,
        precision="auto",
        augmentation=NOTHING,
    )()
    assert keras.config.dtype_policy().name == "float32"
    assert run.info["precision"] == "bfloat16"
    assert built[0].network.get_layer("stage1_block1_conv1").compute_dtype == "bfloat16"
    for layer in run.model.layers:
        assert (layer.compute_dtype, layer.variable_dtype) == ("float32", "float32")
    assert np.isfinite(float(run.history[0]["loss"]))


def test_an_epoch_is_cut_into_calls_of_whole_batches_and_the_rest():
    two, eight = (SimpleNamespace(steps=steps) for steps in (2, 8))
    found = [(s, part.tolist()) for s, part in calls(np.arange(11), 2, two)]
    assert found == [
        (0, [[0, 1], [2, 3]]),
        (2, [[4, 5], [6, 7]]),
        (4, [[8, 9]]),
        (5, [[10]]),
    ]
    assert [s for s, _ in calls(np.arange(4), 2, eight)] == [0]
    assert [s for s, _ in calls(np.arange(3), 4, eight)] == [0]
    assert [s for s, _ in calls(np.arange(11), 2, two, start=3)] == [3, 5]


@pytest.mark.parametrize(
    ("seconds_a_step", "expected"),
    [(0.01, [1, 2, 4, 8, 16, 32, 64, 100, 100]), (0.4, [1, 2, 2]), (7, [1, 1, 1])],
)
def test_a_call_on_a_processor_takes_a_second_whatever_a_step_takes(
    monkeypatch, seconds_a_step, expected
):
    now = 0.0
    monkeypatch.setattr(steps_of_epoch.time, "perf_counter", lambda: now)
    length, found = CallLength("cpu", 1.0), []
    for _ in expected:
        found.append(length.steps)
        with length.timed(length.steps):
            now += length.steps * seconds_a_step
    assert found == expected


def test_a_call_gets_shorter_when_steps_get_longer(monkeypatch):
    now = 0.0
    monkeypatch.setattr(steps_of_epoch.time, "perf_counter", lambda: now)
    length = CallLength("cpu", 1.0)
    length.steps = 100
    with length.timed(100):
        now += 50
    assert length.steps == 2


def test_a_run_names_the_commit_that_it_began_at(tmp_path, data, cpu, monkeypatch):
    commits = ["at the start"]
    monkeypatch.setattr(provenance, "git_commit", lambda file: commits[-1])
    monkeypatch.setattr(session, "log_epoch", lambda *_: commits.append("committed meanwhile"))

    run = Run(tmp_path, data, cpu)()

    assert len(commits) > 2
    assert run.info["commit"] == "at the start"
