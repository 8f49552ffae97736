"""HiResCAM (Draelos and Carin 2020)."""

from resnetcam.explain.method import Array, Method, relu


def hirescam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k g_k A_k), position by position (Draelos and Carin 2020, eq. 6)."""
    return relu((g * A).sum(-1))


METHOD = Method("HiResCAM", needs="gradients", compute=hirescam)
