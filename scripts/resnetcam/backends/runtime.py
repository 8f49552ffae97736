"""Set a backend up before Keras is imported: device, threads, precision.

Keras reads its backend from the environment, or from a file in the user's home directory, at
import; so nothing imports Keras before ``start`` does.
"""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import IO, Any

from resnetcam.backends import processor
from resnetcam.backends.gpus import Gpu, claim_gpu, visible_gpus
from resnetcam.common.errors import InputError

logger = logging.getLogger(__name__)

_NAMES = {"tensorflow": "TensorFlow", "jax": "JAX"}
_FIRST_CAPABILITY_WITH_BFLOAT16 = (8, 0)  # Ampere; a T4 has (7, 5)
# Of the libraries' variables all are dropped but the harmless ones, and of XLA's flags likewise.
_PREFIXES = ("TF_", "XLA_", "JAX_", "KERAS_", "NVIDIA_TF32_OVERRIDE")
_HARMLESS = (
    # Of Terraform, whose prefix is TensorFlow's.
    *(
        "TF_CLI_",
        "TF_VAR_",
        "TF_LOG",
        "TF_DATA_DIR",
        "TF_WORKSPACE",
        "TF_IN_AUTOMATION",
        "TF_INPUT",
    ),
    "TF_CPP_",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "TF_GPU_ALLOCATOR",
    "XLA_FLAGS",
    "XLA_PYTHON_CLIENT_",
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_TRACEBACK_FILTERING",
)
_HARMLESS_XLA_FLAGS = ("--xla_gpu_cuda_data_dir=",)
_GPU_PACKAGES = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]"}


@dataclass(frozen=True)
class Runtime:
    """What a run was resolved to.

    Attributes:
        device: ``cpu`` or ``gpu``; precision: ``float32`` or ``bfloat16``.
        versions: of the libraries that decide a training's numbers.
        environment: what ``deployment.description`` says of the packages.
    """

    backend: str
    device: str
    device_name: str
    precision: str
    threads: int
    versions: dict[str, str]
    environment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hardware(self) -> dict[str, Any]:
        """What decides the last bits: ``device``, ``device_name``, ``precision``, ``threads``."""
        keys = ("device", "device_name", "precision", "threads")
        return {key: getattr(self, key) for key in keys}


def start(backend: str, device: str, precision: str, threads: int) -> Runtime:
    """Prepare Keras and its backend for this process.

    Args:
        backend: ``tensorflow`` or ``jax``.
        device: ``auto`` takes a GPU if one is visible, ``cpu`` never does, ``gpu`` insists.
        precision: of training; ``auto`` is bfloat16 where the hardware computes it natively.
        threads: threads that one operation may use; no more than there are processors.

    Raises:
        InputError: if ``gpu`` is asked for and none is visible, or the processor is too old.
    """
    _check_processor(backend)
    threads = min(threads, processor.available_threads())
    _set_environment(backend, device, threads)
    if device != "cpu":
        claim_gpu()
    # Keras, which TensorFlow may bring, reads its home once: one in which no file can be.
    os.environ["KERAS_HOME"] = os.devnull
    quiet = _stderr_held_back() if backend == "tensorflow" else contextlib.nullcontext()
    with quiet, _without_matplotlib():
        if backend == "jax":
            from resnetcam.backends.on_jax import device as chosen
        else:
            from resnetcam.backends.on_tensorflow import device as chosen
        gpu = chosen.set_up(device, threads)
        import keras

        if (found := keras.backend.backend()) != backend:
            raise InputError(
                f"Keras runs on {found} in this process, not on {backend}: it was imported before. "
                "Start the backend first, in a new process."
            )
        if device == "gpu" and not gpu:
            raise InputError(
                f"device is 'gpu', but {_NAMES[backend]} sees no GPU. Check `nvidia-smi` and that "
                f"the environment holds {_GPU_PACKAGES[backend]} (with `TF_CPP_MIN_LOG_LEVEL=0` "
                "before the command the backend says more); or set `device: auto` or `device: cpu`."
            )
    if device == "auto" and not gpu and visible_gpus():
        logger.warning(
            "There seems to be a GPU, but %s sees none, so the processor is used. The environment "
            "may lack %s (`snakemake --use-conda` brings it); say `device: cpu` if this is meant.",
            _NAMES[backend],
            _GPU_PACKAGES[backend],
        )
    runtime = Runtime(
        backend,
        "gpu" if gpu else "cpu",
        gpu.name if gpu else processor.name(),
        resolved_precision(precision, gpu),
        threads,
        {name: version(name) for name in ("keras", "numpy", "h5py")} | chosen.versions(),
    )
    logger.info("%s, %s", in_words(runtime.hardware), _NAMES[backend])
    return runtime


def in_words(hardware: Mapping[str, Any]) -> str:
    """``Runtime.hardware`` on one line."""
    plural = "s" * (hardware["threads"] > 1)
    return "{device}: {device_name}, {threads} thread{plural}, {precision}".format(
        plural=plural, **hardware
    )


def _check_processor(backend: str) -> None:
    """Say what the libraries would say before they end the process, where nobody sees it."""
    if processor.lacks_avx():
        raise InputError(
            f"{_NAMES[backend]} needs a processor with AVX, which {processor.name()} is not (or a "
            "virtual machine hides it). Use another machine."
        )


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Hold back what TensorFlow's C++ prints, unless the start fails: no setting quiets it."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with _unnamed_file() as held:
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


@contextlib.contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Hide matplotlib where it is installed: Keras would load it, with the user's settings."""
    if "matplotlib" in sys.modules:
        yield
        return
    sys.modules["matplotlib"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["matplotlib"]


def _unnamed_file() -> IO[bytes]:
    """A file in memory, where that is possible: the folder for temporary files may be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b")
    return tempfile.TemporaryFile()


def _set_environment(backend: str, device: str, threads: int) -> None:
    set_what_decides_numbers()
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["NPROC"] = str(threads)  # XLA's thread pool on a CPU
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    if "CUDA_VISIBLE_DEVICES" in os.environ and not visible_gpus():
        os.environ["JAX_PLATFORMS"] = "cpu"  # JAX fails where all GPUs are hidden


def set_what_decides_numbers() -> None:
    """Have the libraries compute the same wherever they run, whatever the user has set."""
    _forget_users_settings()
    # TensorFlow leaves oneDNN off on processors without AVX-512; it doubles the speed there too.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"


def _forget_users_settings() -> None:
    """Drop the variables that change what the libraries compute, or end them: the config decides.

    A training's fingerprint does not hold them. What says where things lie, how much memory to
    take or what to print stays.
    """
    given = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES)}
    for name in given:
        if not name.startswith(_HARMLESS):
            del os.environ[name]
    flags = os.environ.pop("XLA_FLAGS", "").split()
    if kept := [flag for flag in flags if flag.startswith(_HARMLESS_XLA_FLAGS)]:
        os.environ["XLA_FLAGS"] = " ".join(kept)
    changed = [name for name in given if os.environ.get(name) != given[name]]
    if changed:
        logger.info("not used, for the config decides: %s", ", ".join(sorted(changed)))


def resolved_precision(precision: str, gpu: Gpu | None) -> str:
    """Return what a precision comes to here: ``auto`` is what the hardware computes natively."""
    if gpu:
        native = gpu.capability >= _FIRST_CAPABILITY_WITH_BFLOAT16
    else:
        native = processor.computes_bfloat16()
    if precision == "auto":
        return "bfloat16" if native else "float32"
    if precision == "bfloat16" and not native:
        logger.warning(
            "precision is 'bfloat16', which %s does not compute natively: expect it to take many "
            "times as long as float32. With `precision: auto` the hardware decides.",
            gpu.name if gpu else processor.name(),
        )
    return precision
