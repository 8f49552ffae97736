"""LayerCAM (Jiang et al. 2021)."""

import numpy as np

from resnetcam.explain.method import Array, Method, relu


def layercam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k max(g_k, 0) A_k), position by position (Jiang et al. 2021, eq. 5, 6)."""
    return relu((np.maximum(g, 0) * A).sum(-1))


METHOD = Method("LayerCAM", needs="gradients", compute=layercam)
