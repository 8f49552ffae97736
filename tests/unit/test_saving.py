"""``model.keras``: equal networks give equal bytes, which plain Keras reads."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from resnetcam.networks import models
from resnetcam.networks.saving import save_classifier

pytestmark = pytest.mark.slow

SAVER = """
import sys, time
import keras, numpy as np
from resnetcam.networks import models
from resnetcam.networks.saving import save_classifier

path, others = sys.argv[1], int(sys.argv[2])
kept = []
for _ in range(others):
    inputs = keras.Input((4,))
    kept.append(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
    kept.append(models.build_network("resnet_v1", 8, 3, 10))
    keras.config.set_dtype_policy("float32")
    time.sleep(1)
mean = np.linspace(0, 1, 16 * 16 * 3, dtype=np.float32).reshape(16, 16, 3)
classifier = models.build_classifier("resnet_v1", 8, mean, 10)
models.initialize(classifier, 1)
save_classifier(classifier, path)
"""


def test_two_processes_save_equal_networks_as_equal_bytes(tmp_path):
    """At other times, under another user's mask, after other models, at other addresses."""
    written = []
    scripts = Path(models.__file__).parents[2]
    for name, others in (("one.keras", 0), ("two.keras", 2)):
        subprocess.run(
            [sys.executable, "-c", SAVER, tmp_path / name, str(others)],
            env=os.environ | {"PYTHONPATH": str(scripts), "KERAS_HOME": str(tmp_path)},
            umask=0o022 if others else 0o077,
            check=True,
        )
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("fixture", ["trained_v1", "random_v2"])
def test_plain_keras_reads_it_in_safe_mode_and_saves_it_again_as_equal_bytes(
    request, fixture, tmp_path
):
    model = request.getfixturevalue(fixture).model
    save_classifier(model, tmp_path / "first.keras")

    loaded = keras.saving.load_model(tmp_path / "first.keras", safe_mode=True)
    save_classifier(loaded, tmp_path / "second.keras")

    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (tmp_path / "second.keras").read_bytes() == (tmp_path / "first.keras").read_bytes()


def test_another_weight_gives_other_bytes(trained_v1, tmp_path):
    model = keras.models.clone_model(trained_v1.model)
    weights = trained_v1.model.get_weights()
    for path, change in ((tmp_path / "a.keras", 0), (tmp_path / "b.keras", 1e-3)):
        model.set_weights([*weights[:-1], weights[-1] + np.float32(change)])
        save_classifier(model, path)
    assert (tmp_path / "a.keras").read_bytes() != (tmp_path / "b.keras").read_bytes()


def test_it_holds_no_date_and_no_address(trained_v1, tmp_path):
    save_classifier(trained_v1.model, tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"date" not in archive.read("metadata.json")
        assert b"shared_object_id" not in archive.read("config.json")
