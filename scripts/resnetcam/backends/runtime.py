"""Set a backend up before Keras is imported: device, threads, precision.

Keras reads its backend from the environment, or from a file in the user's home directory, at
import; so nothing here imports Keras before ``start`` has spoken.
"""

import atexit
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import cpuinfo

from resnetcam.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Runtime:
    """What a run was resolved to: ``device`` is cpu or gpu, ``precision`` float32 or bfloat16."""

    device: str
    device_name: str
    precision: str
    threads: int
    versions: dict[str, str]


def start(device: str, precision: str, threads: int) -> Runtime:
    """Prepare TensorFlow and Keras for this process.

    Args:
        device: ``auto`` takes a GPU if one is visible, ``cpu`` never does, ``gpu`` insists.
        precision: of training; ``auto`` is bfloat16 where the hardware computes it natively.
        threads: threads that one operation may use; no more than there are processors.

    Raises:
        InputError: if ``gpu`` is asked for and none is visible.
    """
    threads = min(threads, available_threads())
    _set_environment(device)
    with _stderr_held_back():
        import tensorflow as tf

        gpus = _set_up_tensorflow(tf, device, threads)
    if device == "gpu" and not gpus:
        raise InputError(
            "device is 'gpu', but TensorFlow sees no GPU. Check `nvidia-smi` and that the "
            "environment holds tensorflow[and-cuda]; or set `device: auto` or `device: cpu`."
        )
    kind = "gpu" if gpus else "cpu"
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    name = details.get("device_name", "GPU") if gpus else processor_name()
    runtime = Runtime(kind, name, _resolve(precision, kind), threads, library_versions())
    logger.info(
        "%s: %s, %d thread%s, %s", kind, name, threads, "s" * (threads > 1), runtime.precision
    )
    return runtime


def _set_up_tensorflow(tf: Any, device: str, threads: int) -> list[Any]:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    gpus = [] if device == "cpu" else tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    # Grad-CAM's sums are compared to 1e-5, so products of float32 keep all their bits.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.zeros(1)
    return gpus


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide a training's numbers."""
    import tensorflow as tf  # its package may be called tensorflow or tensorflow-cpu

    packages = ("keras", "numpy", "h5py")
    return {name: version(name) for name in packages} | {"tensorflow": tf.__version__}


def available_threads() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """The processor's name as it reports itself."""
    return _processor().get("brand_raw", "unknown processor")


@cache
def _processor() -> dict[str, Any]:
    return cpuinfo.get_cpu_info()  # takes a second


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Hold back what C++ prints at start-up, unless the start fails: no setting quiets it."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _set_environment(device: str) -> None:
    home = tempfile.mkdtemp(prefix="keras-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["KERAS_HOME"] = home
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # TensorFlow leaves oneDNN off on processors without AVX-512; it doubles the speed there too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def _resolve(precision: str, device: str) -> str:
    if precision != "auto":
        return precision
    if device == "gpu":
        return "bfloat16"
    native = {"avx512_bf16", "amx_bf16"} & set(_processor().get("flags", []))
    return "bfloat16" if native else "float32"
