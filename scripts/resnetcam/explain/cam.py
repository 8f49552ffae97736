"""Class activation maps from a layer's activations and what the logits make of them.

``A`` are activations (N, h, w, K) and ``g`` the gradients of the chosen class's pre-softmax logit
by them, of the same shape. Maps are float32 (N, h, w), raw: after the ReLU, never normalized.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def gradcam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k α_k A_k), α_k the mean of g_k over positions (Selvaraju et al. 2017, eq. 1, 2)."""
    weights = g.mean((1, 2), keepdims=True)
    return _relu((weights * A).sum(-1))


def gradcam_plus_plus(A: Array, g: Array) -> Array:
    """Grad-CAM++ (Chattopadhay et al. 2018, eq. 10 and 19), without the exponential of the logit.

    α_kij = g²/(2g² + g³ ΣA_k), with 0/0 = 0; weights Σ_ij α_kij max(g_kij, 0).
    """
    denominator = 2 + g * A.sum((1, 2), keepdims=True)
    positive = g > 0
    alpha = np.divide(1, denominator, out=np.zeros_like(g), where=positive & (denominator != 0))
    weights = (alpha * np.where(positive, g, 0)).sum((1, 2), keepdims=True)
    return _relu((weights * A).sum(-1))


def hirescam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k g_k A_k), position by position (Draelos and Carin 2020, eq. 6)."""
    return _relu((g * A).sum(-1))


def layercam(A: Array, g: Array) -> Array:
    """ReLU(Σ_k max(g_k, 0) A_k), position by position (Jiang et al. 2021, eq. 5, 6)."""
    return _relu((np.maximum(g, 0) * A).sum(-1))


def ablationcam(A: Array, drops: Array) -> Array:
    """ReLU(Σ_k w_k A_k), w_k the drop of the logit without channel k (Desai and Ramaswamy 2020).

    Their equation 4 divides the drop by the logit. That only scales a map, but turns it inside out
    where the logit is negative, so it is left out.

    Args:
        drops: float32 (N, K), the logit minus what is left of it when channel k is set to zero.
    """
    return _relu((drops[:, None, None] * A).sum(-1))


def eigencam(A: Array) -> Array:
    """ReLU(A v), v the first right singular vector of A (Muhammad and Yeasin 2020, section III).

    It knows no class: it shows what the layer sees most of. A singular vector's sign is arbitrary;
    it is taken so that the map's sum is not negative. Nothing is subtracted before, as in the
    paper (some libraries centre A).
    """
    n, height, width, channels = A.shape
    rows = A.reshape(n, height * width, channels).astype(np.float64)
    columns = rows.transpose(0, 2, 1)
    if channels <= height * width:
        v = np.linalg.eigh(columns @ rows).eigenvectors[..., -1:]
        projected = rows @ v
    else:  # the smaller matrix has the left singular vectors u, and A v = σ u
        squares, vectors = np.linalg.eigh(rows @ columns)
        projected = vectors[..., -1:] * np.sqrt(np.maximum(squares[:, -1:, None], 0))
    projected = projected.reshape(n, height, width)
    signs = np.where(projected.sum((1, 2), keepdims=True) < 0, -1, 1)
    return _relu(signs * projected).astype(np.float32)


GRADIENT_METHODS: dict[str, Callable[[Array, Array], Array]] = {
    "gradcam": gradcam,
    "gradcam++": gradcam_plus_plus,
    "hirescam": hirescam,
    "layercam": layercam,
}
METHODS = (*GRADIENT_METHODS, "eigencam", "ablationcam")


def resize_bilinear(maps: Array, height: int, width: int) -> Array:
    """Resize maps (N, h, w) to (N, height, width), bilinear with half-pixel centres."""
    rows, columns = (
        _interpolation(old, new) for old, new in zip(maps.shape[1:], (height, width), strict=True)
    )
    return np.matmul(np.matmul(rows, maps), columns.T)


def normalized(maps: Array) -> Array:
    """Stretch each map (N, h, w) to 0..1 by its own minimum and maximum; a flat map becomes 0."""
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    return np.divide(maps - low, span, out=np.zeros_like(maps), where=span > 0)


def is_flat(maps: Array) -> NDArray[np.bool_]:
    """Which maps (N, h, w) have the same value everywhere, zero or not, and so show nothing."""
    return maps.min((1, 2)) == maps.max((1, 2))


def _relu(maps: Array) -> Array:
    return np.maximum(maps, 0)


def _interpolation(old: int, new: int) -> Array:
    """The matrix (new, old) that resamples a line; beyond the outer centres edges repeat."""
    positions = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.minimum(np.floor(positions).astype(int), max(old - 2, 0))
    matrix = np.zeros((new, old), np.float32)
    share = positions - left
    matrix[np.arange(new), left] = 1 - share
    if old > 1:
        matrix[np.arange(new), left + 1] = share
    return matrix
