"""JAX's devices and versions."""

import logging
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.metadata import version
from pathlib import Path

import jax

from resnetcam.backends.gpus import Gpu

logger = logging.getLogger(__name__)


class _WithoutTensorFlow(MetaPathFinder):
    """Hides TensorFlow: where it is installed, Keras loads it only to save a model, in seconds."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "tensorflow":
            raise ModuleNotFoundError("TensorFlow is hidden while JAX is in use", name=fullname)


def set_up(device: str, threads: int) -> Gpu | None:
    """Set JAX up and return the GPU that it uses, if it uses one.

    Device and threads come from the environment (see ``runtime``).
    """
    # Grad-CAM's sums are compared to 1e-5, so products of float32 keep all their bits.
    jax.config.update("jax_default_matmul_precision", "float32")
    sys.meta_path.insert(0, _WithoutTensorFlow())
    # Keras draws kernels whenever it builds or loads a model, though all of ours get other values;
    # the default generator takes a processor five times as long to compile, for every shape.
    jax.config.update("jax_threefry_partitionable", False)
    jax.config.update("jax_enable_x64", False)  # it may come from the user's environment
    first = _first_device()
    if first.platform != "gpu":
        return None
    _keep_compiled_programs()
    capability = getattr(first, "compute_capability", "0.0")  # such as "9.0"
    return Gpu(first.device_kind, tuple(int(part) for part in str(capability).split(".")))


def _first_device() -> jax.Device:
    """A GPU where CUDA starts; where it does not, JAX by itself would end instead of using less."""
    try:
        return jax.devices()[0]
    except RuntimeError as error:
        logger.warning("JAX cannot use the GPU: %s", error)
        jax.config.update("jax_platforms", "cpu")
        return jax.devices()[0]


def _keep_compiled_programs() -> None:
    """Keep what XLA compiles, in minutes for a GPU, for the next process: the user's cache."""
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        jax.config.update("jax_compilation_cache_dir", str(Path(caches) / "resnetcam" / "jax"))


def versions() -> dict[str, str]:
    """The versions of JAX and of its compiled library."""
    return {name: version(name) for name in ("jax", "jaxlib")}
