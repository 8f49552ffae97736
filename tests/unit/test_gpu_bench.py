"""What a GPU is measured with, in miniature on a processor, and what it does when time is short."""

import csv
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from resnetcam.common.errors import InputError
from resnetcam.settings.config import load_config
from resnetcam.settings.schema import read_schema

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "tests" / "bench"


def run(*arguments, **environment):
    return subprocess.run(
        [BENCH / "gpu.sh", "--miniature", *map(str, arguments)],
        env=os.environ | {"PYTHON": sys.executable} | environment,
        capture_output=True,
        text=True,
    )


def read(folder):
    with open(folder / "gpu.csv", newline="") as file:
        return list(csv.DictReader(file))


def write_wheel(folder, module, text):
    folder.mkdir()
    about = f"{module}-1.dist-info"
    with zipfile.ZipFile(folder / f"{module}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}.py", text)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.mark.slow
def test_in_miniature_everything_is_measured_on_jax_with_packages_from_wheels(tmp_path):
    touch = f"open({str(tmp_path / 'imported')!r}, 'w')"  # Python imports this module by itself
    write_wheel(tmp_path / "wheels", "sitecustomize", touch)

    ended = run("--wheels", tmp_path / "wheels", "--out", tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "imported").exists()
    about = json.loads((tmp_path / "gpu.json").read_text())
    assert about["backend"] == "jax" and about["device"] == "cpu"
    assert len(about["data"]["x_train"]) == 64
    rows = read(tmp_path)
    assert [(row["what"], row["recipe"], row["epoch"], row["note"]) for row in rows[1:]] == [
        ("preprocessing", "", "", ""),
        ("epoch", "fast", "1", "24 pixels, compiles"),
        ("epoch", "fast", "2", "compiles"),
        ("prediction", "", "", "compiles"),
        ("prediction", "", "", ""),
        ("training", "fast", "2", ""),
        ("maps", "", "", "gradcam at final, compiles"),
        ("maps", "", "", "gradcam at final"),
        ("epoch", "published", "1", "compiles"),
        ("training", "published", "1", "stopped; the recipe has 2 epochs"),
        ("maps", "", "", "80 maps, of all methods and layers, compiles"),
    ]
    fast, published = (row for row in rows if row["what"] == "training")
    assert (fast["images"], published["images"]) == ("200", "160")
    assert 0 <= float(fast["test_accuracy"]) <= 1 and not published["test_accuracy"]
    assert all(float(row["per_second"]) > 0 for row in rows if row["what"] in ("epoch", "maps"))
    assert "| training fast 1 | 2 |" in ended.stdout


def test_at_its_limit_it_ends_whatever_it_does(tmp_path):
    began = time.monotonic()

    ended = run("--seconds", 1, "--out", tmp_path)

    assert ended.returncode == 124
    assert time.monotonic() - began < 6
    assert "stopped after 1 seconds" in ended.stdout


@pytest.fixture(scope="module")
def settings():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    return load_config(config, read_schema(ROOT / "schemas"))


@pytest.fixture
def bench(monkeypatch, tmp_path, settings):
    """A bench with much time, and nothing to measure yet."""
    monkeypatch.syspath_prepend(BENCH)
    import gpu_jobs
    import gpu_rows

    rows = gpu_rows.Rows(tmp_path / "gpu.csv")
    return gpu_jobs.Bench(settings, {}, None, rows, None, end=time.time() + 1000, miniature=False)


def test_what_it_trains_by_default_is_in_the_config(bench):
    import gpu

    planned = {name: bench.plan(name) for name in gpu.TRAININGS}

    plan, epochs = planned["strong:1"]
    assert plan.recipe == bench.settings["recipes"]["strong"]
    assert epochs == plan.recipe["epochs"] and plan.seed == 1 and plan.backend == "jax"
    plan, epochs = planned["published:1:2"]
    assert plan.protocol == "test_selected" and epochs == 2
    assert [planned[f"fast:{seed}"][0].seed for seed in (1, 2, 3)] == [1, 2, 3]


def test_a_training_that_the_config_does_not_know_is_refused_before_any(bench, tmp_path):
    import gpu_jobs

    with pytest.raises(InputError, match="did you mean 'strong'"):
        gpu_jobs.run_all(bench, ["fast:1", "stron:1"])
    assert read(tmp_path) == []


def late(bench):
    return bench.__class__(**(vars(bench) | {"end": 0}))


def test_what_there_is_no_time_for_is_said_to_be_skipped(bench, tmp_path):
    import gpu_jobs

    assert gpu_jobs.run_all(late(bench), ["fast:1", "strong:1"]) == []

    rows = read(tmp_path)
    assert [row["what"] for row in rows] == ["skipped"] * 4
    assert [row["note"].partition(":1")[0] for row in rows[::2]] == ["fast", "strong"]


def test_what_fails_is_told_and_the_others_go_on(bench, tmp_path, monkeypatch):
    import gpu_jobs

    def fail(bench, name):
        if name == "fast:1":
            raise ValueError("no\nmemory")
        return "network"

    monkeypatch.setattr(gpu_jobs, "train", fail)
    monkeypatch.setattr(gpu_jobs, "measure_maps", lambda bench, network: network)
    monkeypatch.setattr(gpu_jobs, "measure_all_maps", lambda bench, network: network)

    failed = gpu_jobs.run_all(bench, ["fast:1", "strong:1"])

    assert failed == ["fast:1", "maps"]  # whose network is missing
    assert read(tmp_path)[0]["note"] == "fast:1: ValueError: no memory"


def test_a_training_stops_within_an_epoch_and_keeps_those_before_it(bench):
    import gpu_jobs

    class Epoch(list):
        def settled(self):
            pass

    def epoch(number, partial):
        if number == 3:
            object.__setattr__(bench, "end", 0)
        return Epoch([128, 128])

    training = SimpleNamespace(
        epoch=epoch,
        measure=lambda epoch: {"val_accuracy": 0.5, "images": 256},
        sides=[24, 24, None, None],
    )

    rows = list(gpu_jobs._epochs(bench, training, 4))

    assert [row["epoch"] for row in rows] == [1, 2]
    assert [row["note"] for row in rows] == ["24 pixels, compiles", "24 pixels"]
    whole = gpu_jobs._whole(rows)
    assert whole["images"] == 512
    assert whole["seconds_an_epoch"] == rows[1]["seconds"]
    assert whole["seconds"] == rows[0]["seconds"] + rows[1]["seconds"]
