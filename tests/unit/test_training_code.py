"""Edits that compute something else make a training another one, and no others do."""

import re
import shutil
from pathlib import Path

import pytest

from resnetcam.workflow import files_of_code
from resnetcam.workflow.training_code import training_code

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PLAN = {"family": "resnet_v1", "optimizer": "muon", "schedule": "one_cycle"}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """A copy of the library; each edit is taken back after its test."""
    folder = tmp_path_factory.mktemp("project") / "scripts"
    shutil.copytree(ROOT / "scripts", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def before(scripts):
    return codes(scripts)


def codes(scripts, backend="tensorflow"):
    """The digests of the code as it is now; a memory saves parsing what was not edited."""
    files_of_code._content.cache_clear()
    files_of_code._file.cache_clear()
    memory = scripts.parent / "memory.json"
    return training_code(scripts / "train.py", backend, **PLAN, memory=memory)


def edited(scripts, module, old, new, backend="tensorflow"):
    """The digests with one edit; the edit must be possible."""
    path = scripts / "resnetcam" / f"{module}.py"
    text = path.read_text()
    assert text.count(old) >= 1, f"{module} has no {old!r}"
    path.write_text(text.replace(old, new, 1))
    try:
        return codes(scripts, backend)
    finally:
        path.write_text(text)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("recipe/optimizers/muon", "gradient + self.momentum", "gradient - self.momentum"),
        ("recipe/optimizers/sgd", "self.momentum * slots[0]", "self.momentum + slots[0]"),
        ("recipe/schedules/one_cycle", "[0, 1, 0]", "[0, 1, 1]"),
        ("recipe/augmentation", "width - 1 - columns", "width - columns"),
        ("recipe/randomness", "< 0.5", "<= 0.5"),
        ("recipe/objective", "(1 - smoothing) *", "(1 + smoothing) *"),
        ("recipe/resizing", "epochs - 1)", "epochs)"),
        ("recipe/skipping", "losses >= mean", "losses > mean"),
        ("recipe/costs", "_EASY = 0.95", "_EASY = 0.8"),
        ("training/loop", "partial.loss / epoch.images", "partial.loss * epoch.images"),
        ("training/loop", "> history[epoch", ">= history[epoch"),
        ("training/loop", "plan.seed, precision", "plan.seed + 1, precision"),
        ("training/loop", "self.trainer.set_slots(slots)", "pass"),
        ("backends/runtime", '"TF_ENABLE_ONEDNN_OPTS"] = "1"', '"TF_ENABLE_ONEDNN_OPTS"] = "0"'),
        ("backends/runtime", 'return "bfloat16" if native', 'return "bfloat16" if not native'),
        ("training/steps_of_epoch", "order[-rest:]", "order[:rest]"),
        ("training/session", "y[split.train]", "y[split.train][::-1]"),
        ("backends/feeding", "np.arange(chosen.size)", "np.zeros(chosen.size, int)"),
        ("evaluation/scoring", "-log_probabilities", "+log_probabilities"),
        ("evaluation/logits", "_BATCH = 500", "_BATCH = 250"),
        ("backends/on_tensorflow/training", "(size - 1) / size", "(size + 1) / size"),
        ("backends/on_tensorflow/folding", "- mean * scale", "+ mean * scale"),
        ("backends/on_tensorflow/device", "tf.zeros(1)", "tf.ones(1)"),
        ("networks/families/resnet_v1", "stem(16", "stem(8"),
        ("networks/models", "2 / fan_in", "1 / fan_in"),
    ],
)
def test_another_computation_is_another_training(scripts, before, module, old, new):
    assert edited(scripts, module, old, new)["computes"] != before["computes"]


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("training/session", "going on after epoch", "continuing after epoch"),
        ("training/session", "is_trained = found", "trained = is_trained = found"),
        ("training/progress", 'unit=" images"', 'unit=" pictures"'),
        ("training/progress", "rate %.1e  accuracy", "learning rate %.1e  loss"),
        ("training/state", "is damaged; %s", "is broken; %s"),
        ("training/provenance", '"system": ', '"machine": '),
        ("training/steps_of_epoch", "Try a lower learning rate", "Lower the learning rate"),
        ("recipe/randomness", "Allow smaller ones", "Choose smaller ones"),
        ("recipe/optimizers/muon", "Muon for convolution kernels", "Muon for kernels"),
        ("recipe/optimizers/rmsprop", "1 - self.rho", "1 + self.rho"),
        ("recipe/schedules/inverse_time", "1 + self.decay", "1 - self.decay"),
        ("networks/families/resnet_v2", "stem(16", "stem(8"),
        ("backends/runtime", "sees no GPU", "finds no GPU"),
        ("backends/on_tensorflow/attribution", "1 - tf.eye", "tf.eye"),
        ("backends/on_jax/training", "1 - self.momentum", "self.momentum"),
        ("common/files", "os.fsync", "os.fdatasync"),
        ("explain/methods/gradcam", "(weights * A)", "(weights + A)"),
    ],
)
def test_wording_and_what_is_not_used_is_the_same_training(scripts, before, module, old, new):
    assert edited(scripts, module, old, new)["computes"] == before["computes"]


def test_the_code_of_jax_counts_where_jax_trains(scripts):
    edit = ("backends/on_jax/training", "1 - self.momentum", "self.momentum")
    other = ("backends/on_tensorflow/training", "(size - 1) / size", "(size + 1) / size")
    before = codes(scripts, "jax")

    assert edited(scripts, *edit, backend="jax")["computes"] != before["computes"]
    assert edited(scripts, *other, backend="jax") == before
    assert codes(scripts, "tensorflow") != before


@pytest.mark.parametrize(
    ("module", "room"),
    [("recipe/objective", "networks"), ("training/steps_of_epoch", "common")],
)
def test_a_module_that_is_moved_is_the_same_training(scripts, before, module, room, tmp_path):
    moved = tmp_path / "scripts"
    shutil.copytree(scripts, moved)
    package = moved / "resnetcam"
    old_room, name = module.split("/")
    (package / f"{module}.py").rename(package / room / f"{name}.py")
    for path in moved.rglob("*.py"):
        text = path.read_text()
        text = text.replace(f"resnetcam.{old_room}.{name}", f"resnetcam.{room}.{name}")
        text = re.sub(
            rf"from resnetcam\.{old_room} import {name}\b",
            f"from resnetcam.{room} import {name}",
            text,
        )
        path.write_text(text)

    assert codes(moved) == before


def test_what_is_written_differently_is_written_anew_and_not_trained(scripts, before):
    after = edited(scripts, "training/history", 'lineterminator="\\n"', 'lineterminator="\\r\\n"')

    assert after["computes"] == before["computes"]
    assert after["writes"] != before["writes"]
    images = ('"training_images": len(', '"training_images": 2 * len(')
    assert edited(scripts, "training/outputs", *images)["writes"] != before["writes"]
    speaks = edited(scripts, "training/progress", 'unit=" images"', 'unit=" pictures"')
    assert speaks == before
