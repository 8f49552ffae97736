"""Ablation-CAM (Desai and Ramaswamy 2020)."""

from resnetcam.explain.method import Array, Method, relu


def ablationcam(A: Array, drops: Array) -> Array:
    """ReLU(Σ_k w_k A_k), w_k the drop of the logit without channel k (Desai and Ramaswamy 2020).

    Their equation 4 divides the drop by the logit. That only scales a map, but turns it inside out
    where the logit is negative, so it is left out.

    Args:
        drops: float32 (N, K), the logit minus what is left of it when channel k is set to zero.
    """
    return relu((drops[:, None, None] * A).sum(-1))


METHOD = Method("Ablation-CAM", needs="drops", compute=ablationcam)
