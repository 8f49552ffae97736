"""Each backend alone, in processes that cannot import the other: whole stages, to the bit."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import pytest
from backend_stages import GRADCAM
from small_data import write_data

from resnetcam.training.history import read_history

pytestmark = pytest.mark.slow

STAGES = Path(__file__).parents[1] / "unit/backend_stages.py"
QUICKLY = "--xla_backend_optimization_level=0"
# Each alone gives other bits, if it is heeded.
HOSTILE = {"XLA_FLAGS": f"{QUICKLY} --xla_cpu_enable_fast_math=true", "JAX_DISABLE_JIT": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data") / "data.h5", coloured=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, data):
    """Processes, (folder, what it said) of each by name; one goes on in another's folder."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("jax", "tensorflow", "stopped")}
    stopped = folders["resumed"] = folders["stopped"]
    side_by_side = {
        "stopped": start("jax", data, stopped, "stopped", **HOSTILE),
        "jax": start("jax", data, folders["jax"]),
        "tensorflow": start("tensorflow", data, folders["tensorflow"]),
    }
    said = finish(side_by_side) | finish({"resumed": start("jax", data, stopped, "train")})
    return {name: (folders[name], text) for name, text in said.items()}


def start(backend, data, folder, *how, **variables):
    return subprocess.Popen(
        [sys.executable, STAGES, backend, data, folder, *how],
        env=os.environ | {"XLA_FLAGS": QUICKLY} | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(processes):
    """Wait for all, so that none is left behind, before any failure is told."""
    said = {name: process.communicate()[0] for name, process in processes.items()}
    for name, process in processes.items():
        assert process.returncode == 0, said[name]
    return said


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_backend_trains_evaluates_and_explains_without_the_other(finished, backend):
    folder, said = finished[backend]
    run = json.loads((folder / "run.json").read_text())
    assert (run["backend"], run["device"], run["resumed_after"]) == (backend, "cpu", [])
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["n"] == 10
    with h5py.File(folder / "gradcam.h5") as maps:
        assert set(maps) == set(GRADCAM["methods"])
        assert set(maps["gradcam"]) == {"stage3_block1_out", "stage2_block1_conv1"}
        assert set(maps["gradcam/stage3_block1_out"]) == {"predicted", "true", "g"}
    for line in said.splitlines():
        assert line.startswith(("[train ", "[evaluate ", "[explain ")), said


def test_a_run_names_the_libraries_that_decide_its_numbers(finished):
    versions = {
        name: json.loads((finished[name][0] / "run.json").read_text())["versions"]
        for name in ("jax", "tensorflow")
    }
    common = {"keras", "numpy", "h5py", "python"}
    assert set(versions["tensorflow"]) == {"tensorflow", *common}
    assert set(versions["jax"]) == {"jax", "jaxlib", *common}
    assert versions["jax"]["jaxlib"] == version("jaxlib")


def result(folder):
    """The bytes of the model, and the history but for its clock."""
    history = [{**row, "seconds": None} for row in read_history(folder / "history.csv")]
    return (folder / "model.keras").read_bytes(), history


def test_on_jax_another_process_goes_on_from_a_stopped_training_to_the_very_same_bits(finished):
    """However an epoch is cut into calls: the stopped one made a step a call."""
    assert "stopped by SIGTERM in epoch 2 after step 1 of 3" in finished["stopped"][1]
    folder, said = finished["resumed"]
    assert "going on after epoch 1 of 2 and 1 step" in said
    run = json.loads((folder / "run.json").read_text())
    assert run["resumed_after"] == [{"epochs": 1, "steps": 1}]
    assert result(folder) == result(finished["jax"][0])


def test_on_jax_bfloat16_trains_and_the_written_model_is_float32(finished):
    folder = finished["stopped"][0] / "bfloat16"
    assert json.loads((folder / "run.json").read_text())["precision"] == "bfloat16"
    import keras  # on whatever backend: it reads a file

    model = keras.models.load_model(folder / "model.keras")
    for layer in model.layers:
        assert (layer.compute_dtype, layer.variable_dtype) == ("float32", "float32")
    losses, exact = (
        [row["loss"] for row in result(path)[1]] for path in (folder, finished["jax"][0])
    )
    assert losses != exact
    assert losses == pytest.approx(exact, rel=0.05)
