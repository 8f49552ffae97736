"""A machine with two made-up GPUs: as many trainings at a time as Snakemake is told."""

import os
import re
import uuid
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# In place of TensorFlow, which a training starts once it has its GPU. Both wait for each other.
AT_WORK = """\
import os, time
from pathlib import Path
Path(f"{os.getpid()}.at_work").touch()
while len(list(Path().glob("*.at_work"))) < 2:
    time.sleep(0.05)
raise SystemExit("the test ends here")
"""


def test_trainings_at_the_same_time_have_a_gpu_each(workflow, tmp_path, monkeypatch):
    gpus = [f"GPU-{uuid.uuid4()}" for _ in range(2)]
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    lines = [f'echo "GPU {n}: NVIDIA H200 (UUID: {gpu})"\n' for n, gpu in enumerate(gpus)]
    program.write_text("#!/bin/sh\n" + "".join(lines))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    workflow.edit("tiny.yaml", "seeds: [1]", "seeds: [7, 8]")
    workflow.edit("tiny.yaml", "device: cpu", "device: auto")
    (workflow.folder / "scripts/resnetcam/backends/on_tensorflow/device.py").write_text(AT_WORK)

    two = ("--set-threads", "train=1", "--resources", "gpu=2", "--retries", "0")
    workflow.run("--until", "train", *two, check=False)

    logs = (workflow.folder / "logs/shapes/tiny").glob("seed[78]/train.log")
    claimed = [re.findall(r"GPU \d of 2: (\S+)", path.read_text()) for path in logs]
    assert sorted(claimed) == sorted([gpu] for gpu in gpus)
    for gpu in gpus:
        Path(f"/tmp/resnetcam-gpus-{os.getuid()}/{gpu}.0").unlink()
