"""What the hardware can do at best: large square matrix products, counted in operations."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from contenders import Facts, Settings, UnavailableError, Workload

SIZES = {"cpu": 2048, "gpu": 8192}


def build(settings: Settings, precision: str) -> Workload:
    """A round is one product of n x n matrices: 2n³ operations.

    NumPy multiplies float32 on processors; all else is left to the first library that can.
    """
    if precision == "bfloat16" and not settings.bfloat16:
        raise UnavailableError("this processor has no bfloat16 units")
    size = SIZES[settings.device]
    if (settings.device, precision) == ("cpu", "float32"):
        multiply, versions = _with_numpy(size)
    else:
        multiply, versions = _with_first_library(size, precision, settings)

    def run(rounds: int) -> float:
        started = time.perf_counter()
        multiply(rounds)
        return time.perf_counter() - started

    return Workload(run, Facts(2 * size**3, precision, versions))


def _with_numpy(size: int) -> tuple[Callable[[int], Any], dict[str, str]]:
    matrix = np.random.default_rng(0).random((size, size), dtype=np.float32)
    product = np.empty_like(matrix)

    def multiply(rounds: int) -> None:
        for _ in range(rounds):
            np.matmul(matrix, matrix, out=product)

    return multiply, {"numpy": np.__version__}


def _with_first_library(
    size: int, precision: str, settings: Settings
) -> tuple[Callable[[int], Any], dict[str, str]]:
    for attempt in (_with_torch, _with_jax, _with_tensorflow):
        try:
            return attempt(size, precision, settings)
        except (ImportError, UnavailableError):
            continue
    raise UnavailableError("needs torch, jax or tensorflow that sees the device")


def _with_torch(size: int, precision: str, settings: Settings) -> Any:
    import torch

    if settings.device == "gpu" and not torch.cuda.is_available():
        raise UnavailableError("torch sees no GPU")
    torch.set_num_threads(settings.threads)
    device = "cuda" if settings.device == "gpu" else "cpu"
    matrix = torch.rand(size, size, device=device, dtype=getattr(torch, precision))

    def multiply(rounds: int) -> None:
        for _ in range(rounds):
            product = matrix @ matrix
        product[0, 0].item()  # waits

    return multiply, {"torch": str(torch.__version__)}


def _with_jax(size: int, precision: str, settings: Settings) -> Any:
    import jax

    if settings.device == "gpu" and jax.default_backend() != "gpu":
        raise UnavailableError("JAX sees no GPU")
    matrix = jax.random.uniform(jax.random.key(0), (size, size)).astype(precision)
    square = jax.jit(lambda a: jax.numpy.matmul(a, a, precision=jax.lax.Precision.DEFAULT))

    def multiply(rounds: int) -> None:
        for _ in range(rounds):
            product = square(matrix)
        product.block_until_ready()

    return multiply, {"jax": jax.__version__}


def _with_tensorflow(size: int, precision: str, settings: Settings) -> Any:
    import tensorflow as tf

    if settings.device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise UnavailableError("TensorFlow sees no GPU")
    tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
    matrix = tf.cast(tf.random.uniform((size, size)), precision)

    def multiply(rounds: int) -> None:
        for _ in range(rounds):
            product = tf.matmul(matrix, matrix)
        product[0, 0].numpy()

    return multiply, {"tensorflow": tf.__version__}
