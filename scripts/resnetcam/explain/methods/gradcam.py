"""Grad-CAM (Selvaraju et al. 2017)."""

from resnetcam.explain.method import Array, Method, relu


def gradcam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k α_k A_k), α_k the mean of g_k over positions (Selvaraju et al. 2017, eq. 1, 2)."""
    weights = g.mean((1, 2), keepdims=True)
    return relu((weights * A).sum(-1))


METHOD = Method("Grad-CAM", needs="gradients", compute=gradcam)
