"""Grad-CAM++ (Chattopadhay et al. 2018)."""

import numpy as np

from resnetcam.explain.method import Array, Method, relu


def gradcam_plus_plus(A: Array, g: Array) -> Array:
    """Grad-CAM++ (Chattopadhay et al. 2018, eq. 10 and 19), without the exponential of the logit.

    α_kij = g²/(2g² + g³ ΣA_k), with 0/0 = 0; weights Σ_ij α_kij max(g_kij, 0).
    """
    denominator = 2 + g * A.sum((1, 2), keepdims=True)
    positive = g > 0
    alpha = np.divide(1, denominator, out=np.zeros_like(g), where=positive & (denominator != 0))
    weights = (alpha * np.where(positive, g, 0)).sum((1, 2), keepdims=True)
    return relu((weights * A).sum(-1))


METHOD = Method("Grad-CAM++", needs="gradients", compute=gradcam_plus_plus)
