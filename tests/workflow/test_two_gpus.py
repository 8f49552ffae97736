"""A machine with two made-up GPUs: as many trainings at a time as Snakemake is told."""

import os
import re

import pytest

pytestmark = pytest.mark.slow

# In place of TensorFlow, which a training starts once it has its GPU.
AT_WORK = "import time\ntime.sleep(10)\nraise SystemExit('the test ends here')\n"
TWO = """#!/bin/sh
echo "GPU 0: NVIDIA H200 (UUID: GPU-aaa)"
echo "GPU 1: NVIDIA H200 (UUID: GPU-bbb)"
"""


def test_trainings_at_the_same_time_have_a_gpu_each(workflow, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/nvidia-smi"
    program.write_text(TWO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    workflow.edit("scripts/resnetcam/backends/gpus.py", 'Path("/tmp")', f'Path("{tmp_path}")')
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [7, 8]")
    workflow.edit("tiny.yaml", "device: cpu", "device: auto")

    (workflow.folder / "scripts/resnetcam/backends/on_tensorflow/device.py").write_text(AT_WORK)

    two = ("--set-threads", "train=1", "--resources", "gpu=2", "--retries", "0")
    workflow.run("--until", "train", *two, check=False)

    logs = (workflow.folder / "logs/shapes/tiny").glob("seed[78]/train.log")
    claimed = [re.findall(r"GPU \d of 2: (\S+)", path.read_text()) for path in logs]
    assert sorted(claimed) == [["GPU-aaa"], ["GPU-bbb"]]
