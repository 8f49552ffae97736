import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
import tensorflow as tf

from resnetcam.backends import gpus, processor, runtime
from resnetcam.backends.gpus import Gpu
from resnetcam.common.errors import InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def start_in_a_new_process(device, backend="tensorflow", **variables):
    code = (
        "import sys; sys.path.insert(0, 'scripts')\n"
        "from resnetcam.backends import runtime\n"
        f"started = runtime.start({backend!r}, {device!r}, 'float32', 64)\n"
        "import keras\n"
        "print(started.device, started.threads, keras.backend.backend(), keras.config.floatx())"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **variables},
        capture_output=True,
        text=True,
    )


def test_a_users_own_keras_settings_do_not_leak_in(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax", "floatx": "float16"}))

    result = start_in_a_new_process("auto", KERAS_HOME=str(tmp_path), KERAS_BACKEND="torch")

    threads = processor.available_threads()
    assert result.stdout.split() == ["cpu", str(threads), "tensorflow", "float32"], result.stderr
    assert result.stderr == ""


def test_variables_that_change_what_is_computed_are_dropped_and_named(monkeypatch, caplog):
    changing = {
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "NVIDIA_TF32_OVERRIDE": "1",
        "JAX_DISABLE_JIT": "1",
        "KERAS_NNX_ENABLED": "true",
    }
    staying = {"TF_CPP_MIN_LOG_LEVEL": "1", "XLA_PYTHON_CLIENT_MEM_FRACTION": ".5", "PATH": "/bin"}
    flags = {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_gpu_cuda_data_dir=/cuda"}
    caplog.set_level("INFO")

    with mock.patch.dict(os.environ, changing | staying | flags, clear=True):
        runtime._set_environment("jax", "cpu", 3)
        left = dict(os.environ)

    assert left == staying | {
        "XLA_FLAGS": "--xla_gpu_cuda_data_dir=/cuda",
        "KERAS_BACKEND": "jax",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "NPROC": "3",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
    }
    (record,) = caplog.records
    assert record.getMessage().endswith(": " + ", ".join(sorted([*changing, *flags])))


def test_keras_does_not_draw_so_a_notebooks_backend_does_not_matter():
    result = start_in_a_new_process("cpu", MPLBACKEND="module://matplotlib_inline.backend_inline")

    assert result.returncode == 0, result.stderr


def test_a_flag_that_ends_the_libraries_ends_nothing():
    result = start_in_a_new_process("cpu", "jax", XLA_FLAGS="--no_such=1", JAX_ENABLE_CHECKS="x")

    assert result.returncode == 0, result.stderr


def start_again(device, cpu, visible):
    """Start in this process, where TensorFlow is at work already; return the visible GPUs."""
    with mock.patch.dict(os.environ, CUDA_VISIBLE_DEVICES=visible):
        runtime.start("tensorflow", device, "float32", cpu.threads)
        return os.environ["CUDA_VISIBLE_DEVICES"]


def test_a_stage_starts_where_no_temporary_file_can_be_written(cpu, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")

    assert start_again("cpu", cpu, "-1") == "-1"


@pytest.mark.parametrize(("device", "visible"), [("auto", "GPU-0"), ("cpu", "-1")])
def test_one_of_several_gpus_is_claimed_unless_the_device_is_the_processor(
    cpu, tmp_path, monkeypatch, caplog, device, visible
):
    monkeypatch.setattr(gpus, "_LOCKS", [tmp_path])
    monkeypatch.setattr(gpus, "_held", [])

    assert start_again(device, cpu, "GPU-0,GPU-1") == visible
    assert ("TensorFlow sees none" in caplog.text) == (device == "auto")
    locks = [path.name for path in tmp_path.glob("resnetcam-gpus-*/*")]
    assert locks == (["GPU-0.0"] if device == "auto" else [])


def test_a_processor_without_avx_is_told_before_the_libraries_abort(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(processor, "detected_info", lambda: SimpleNamespace(features={"sse4_2"}))
    monkeypatch.setattr(processor, "brand_string", lambda: "Old ")

    with pytest.raises(InputError, match=r"TensorFlow needs a .* AVX, which Old \(.*\) is not"):
        runtime.start("tensorflow", "cpu", "float32", 1)


def test_a_processors_name_holds_its_microarchitecture(monkeypatch):
    monkeypatch.setattr(processor, "brand_string", lambda: "AMD  EPYC ")
    monkeypatch.setattr(processor, "host", lambda: SimpleNamespace(name="zen4"))

    assert processor.name() == "AMD EPYC (zen4)"


@pytest.mark.parametrize("refusal", [OSError, MemoryError])
def test_a_system_that_refuses_to_tell_a_processors_name_costs_no_training(monkeypatch, refusal):
    def refuse():
        raise refusal

    monkeypatch.setattr(processor, "brand_string", refuse)

    assert processor.name() == processor.host().name


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error(cpu):
    with pytest.raises(InputError, match="device is 'gpu', but TensorFlow sees no GPU"):
        start_again("gpu", cpu, "-1")


def test_tensorflow_has_the_threads_of_the_rule_and_keeps_all_bits_of_products(cpu):
    assert tf.config.threading.get_intra_op_parallelism_threads() == cpu.threads
    assert tf.config.threading.get_inter_op_parallelism_threads() == min(cpu.threads, 2)
    assert not tf.config.experimental.tensor_float_32_execution_enabled()


@pytest.mark.parametrize(
    ("precision", "gpu", "flags", "expected"),
    [
        ("auto", None, ["avx2"], "float32"),
        ("auto", None, ["avx2", "avx512_bf16"], "bfloat16"),
        ("auto", None, ["amx_bf16"], "bfloat16"),
        ("auto", Gpu("H200", (9, 0)), [], "bfloat16"),
        ("auto", Gpu("A100", (8, 0)), [], "bfloat16"),
        ("auto", Gpu("T4", (7, 5)), ["amx_bf16"], "float32"),
        ("float32", Gpu("H200", (9, 0)), [], "float32"),
        ("bfloat16", None, ["avx2"], "bfloat16"),
    ],
)
def test_precision_follows_the_hardware_unless_it_is_given(
    monkeypatch, precision, gpu, flags, expected
):
    found = SimpleNamespace(features=set(flags))
    monkeypatch.setattr(processor, "detected_info", lambda: found)

    assert runtime.resolved_precision(precision, gpu) == expected


@pytest.mark.parametrize(
    ("gpu", "flags", "slow"),
    [
        (None, ["avx2"], True),
        (None, ["amx_bf16"], False),
        (Gpu("T4", (7, 5)), ["amx_bf16"], True),
        (Gpu("A100", (8, 0)), ["avx2"], False),
    ],
)
def test_bfloat16_where_it_is_slow_is_warned_of(monkeypatch, caplog, gpu, flags, slow):
    found = SimpleNamespace(features=set(flags))
    monkeypatch.setattr(processor, "detected_info", lambda: found)

    assert runtime.resolved_precision("bfloat16", gpu) == "bfloat16"
    assert ("does not compute natively" in caplog.text) is slow
    assert runtime.resolved_precision("auto", gpu) == ("float32" if slow else "bfloat16")
    assert len(caplog.records) == slow
