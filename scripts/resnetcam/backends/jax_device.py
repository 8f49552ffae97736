"""JAX's devices and versions."""

from importlib.metadata import version

import jax


def set_up(device: str, threads: int) -> str | None:
    """Set JAX up and return the name of the GPU that it uses, if it uses one.

    Device and threads come from the environment (see ``runtime``).
    """
    # Grad-CAM's sums are compared to 1e-5, so products of float32 keep all their bits.
    jax.config.update("jax_default_matmul_precision", "float32")
    first = jax.devices()[0]
    return first.device_kind if first.platform == "gpu" else None


def versions() -> dict[str, str]:
    """The versions of JAX and of its compiled library."""
    return {name: version(name) for name in ("jax", "jaxlib")}
