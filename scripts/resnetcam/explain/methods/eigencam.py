"""Eigen-CAM (Muhammad and Yeasin 2020)."""

import numpy as np

from resnetcam.explain.method import Array, Method, relu


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
    return relu(signs * projected).astype(np.float32)


METHOD = Method("Eigen-CAM", needs="nothing", compute=eigencam)
