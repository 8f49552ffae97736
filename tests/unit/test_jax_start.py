"""JAX as a process starts it: its threads, its device, its silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_runtime import start_in_a_new_process

pytestmark = pytest.mark.slow

COUNT = """
import os, sys
from pathlib import Path
sys.path.insert(0, "scripts")
from resnetcam.backends import runtime
started = runtime.start("jax", "cpu", "float32", 1)
import jax
x = jax.numpy.ones((300, 300)).sum().block_until_ready()
pool = [p for p in Path("/proc/self/task").glob("*/comm") if "XLAEigen" in p.read_text()]
platforms = {device.platform for device in jax.devices()}
products = jax.config.jax_default_matmul_precision
print(started.device, started.threads, len(pool), platforms, x.dtype, products)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads as Linux does")
def test_on_a_processor_jax_has_the_threads_of_the_rule_sees_no_gpu_and_says_nothing():
    users = {
        "JAX_PLATFORMS": "cuda",
        "JAX_ENABLE_X64": "1",
        "CUDA_VISIBLE_DEVICES": "0",
        "NPROC": "2",
    }
    result = subprocess.run(
        [sys.executable, "-c", COUNT],
        cwd=Path(__file__).parents[2],
        env=os.environ | users,
        capture_output=True,
        text=True,
    )

    assert result.stdout == "cpu 1 1 {'cpu'} float32 float32\n", result.stderr
    assert result.stderr == ""


def test_a_gpu_that_is_asked_for_and_that_jax_does_not_see_is_an_error():
    result = start_in_a_new_process("gpu", backend="jax", JAX_PLATFORMS="cuda")

    assert result.returncode != 0
    assert "InputError: device is 'gpu', but JAX sees no GPU" in result.stderr
    assert "jax[cuda12]" in result.stderr


HIDDEN = """
import logging, os, sys
sys.path.insert(0, "scripts")
logging.basicConfig(format="%(message)s")
from resnetcam.backends import runtime
import jax
working = jax.devices

def failing():
    \"\"\"As where CUDA does not start: JAX then looks no further.\"\"\"
    if "cpu" not in (jax.config.jax_platforms, os.environ.get("JAX_PLATFORMS")):
        raise RuntimeError("Unable to initialize backend 'cuda'")
    return working()

jax.devices = failing
print(runtime.start("jax", sys.argv[1], "float32", 1).device, os.environ.get("JAX_PLATFORMS"))
"""


@pytest.mark.parametrize(
    ("device", "visible", "printed", "said"),
    [
        ("auto", "0", "cpu None\n", "JAX cannot use the GPU: Unable to initialize backend 'cuda'"),
        ("gpu", "0", "", "InputError: device is 'gpu', but JAX sees no GPU"),
        ("auto", "", "cpu cpu\n", None),
    ],
)
def test_a_gpu_on_which_cuda_does_not_start_is_the_processor_or_an_error(
    device, visible, printed, said
):
    result = subprocess.run(
        [sys.executable, "-c", HIDDEN, device],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": visible, "JAX_PLATFORMS": ""},
        capture_output=True,
        text=True,
    )

    assert result.stdout == printed, result.stderr
    assert said in result.stderr if said else not result.stderr


KEEP = """
import sys
sys.path.insert(0, "scripts")
from resnetcam.backends.on_jax import device as jax_device
jax_device._keep_compiled_programs()
import jax
print(jax.config.jax_compilation_cache_dir)
"""


@pytest.mark.parametrize(
    ("users", "folder"),
    [
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/resnetcam/jax"),
        ({"XDG_CACHE_HOME": "", "HOME": "/me"}, "/me/.cache/resnetcam/jax"),
        ({"JAX_COMPILATION_CACHE_DIR": "/mine"}, "/mine"),
    ],
)
def test_programs_compiled_for_a_gpu_are_kept_where_the_user_keeps_caches(users, folder):
    found = subprocess.check_output(
        [sys.executable, "-c", KEEP],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"JAX_COMPILATION_CACHE_DIR": ""} | users,
        text=True,
    )

    assert found == f"{folder}\n"
