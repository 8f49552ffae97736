"""The areas of regions: which pixels belong to one, how far it reaches, how large it is."""

import math

import numpy as np

from resnetcam.regions.export import Region


def rasterise(region: Region, height: int, width: int, scale: float) -> np.ndarray:
    """Return the pixels of the small image that belong to a region.

    A pixel belongs to a region if its centre lies inside; polygons follow the even-odd rule.
    Whatever lies outside the image is clipped.

    Args:
        region: one of ``AREAS``, in pixels of the enlarged image.
        height, width: of the small image, in pixels.
        scale: enlarged pixels to a small one, along each side.

    Returns:
        bool (height, width).
    """
    x = (np.arange(width) + 0.5) * scale
    y = (np.arange(height)[:, None] + 0.5) * scale
    shape, g = region.shape, region.geometry
    if shape == "rect":
        in_columns = (g["x"] <= x) & (x < g["x"] + g["width"])
        return in_columns & (g["y"] <= y) & (y < g["y"] + g["height"])
    if shape == "circle":
        return (x - g["cx"]) ** 2 + (y - g["cy"]) ** 2 <= g["r"] ** 2
    if shape == "ellipse":
        return _inside_ellipse(x - g["cx"], y - g["cy"], g["rx"], g["ry"], g.get("theta", 0.0))
    return _inside_polygon(x / scale, y / scale, _vertices(region) / scale)


def extent(region: Region) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of one of ``AREAS``, in enlarged pixels."""
    shape, g = region.shape, region.geometry
    if shape == "rect":
        return g["x"], g["y"], g["x"] + g["width"], g["y"] + g["height"]
    if shape == "circle":
        half_width = half_height = g["r"]
    elif shape == "ellipse":
        cosine, sine = math.cos(g.get("theta", 0.0)), math.sin(g.get("theta", 0.0))
        half_width = math.hypot(g["rx"] * cosine, g["ry"] * sine)
        half_height = math.hypot(g["rx"] * sine, g["ry"] * cosine)
    else:
        vertices = _vertices(region)
        return (*vertices.min(axis=0), *vertices.max(axis=0))
    cx, cy = g["cx"], g["cy"]
    return cx - half_width, cy - half_height, cx + half_width, cy + half_height


def area(region: Region) -> float | None:
    """Return a region's area in square enlarged pixels, before clipping, or None without one.

    Of a polygon that crosses itself it is the area of the shoelace formula.
    """
    shape, g = region.shape, region.geometry
    if shape == "rect":
        return float(g["width"] * g["height"])
    if shape == "circle":
        return math.pi * g["r"] ** 2
    if shape == "ellipse":
        return math.pi * g["rx"] * g["ry"]
    if shape == "polygon":
        x, y = (_vertices(region) - _vertices(region)[0]).T
        return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
    return None


def _inside_ellipse(
    dx: np.ndarray, dy: np.ndarray, rx: float, ry: float, theta: float
) -> np.ndarray:
    """Test offsets from the centre against an ellipse turned by ``theta`` from x towards y."""
    along = dx * math.cos(theta) + dy * math.sin(theta)
    across = dy * math.cos(theta) - dx * math.sin(theta)
    if rx == 0 or ry == 0:
        return np.zeros(along.shape, bool)
    return (along / rx) ** 2 + (across / ry) ** 2 <= 1


def _inside_polygon(x: np.ndarray, y: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Count, for each centre, the edges that a ray towards larger x crosses: odd means inside."""
    inside = np.zeros((y.size, x.size), bool)
    for (x0, y0), (x1, y1) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 <= y) != (y1 <= y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _vertices(region: Region) -> np.ndarray:
    """Return a polygon's (x, y) as float64 (n, 2)."""
    g = region.geometry
    return np.column_stack([g["all_points_x"], g["all_points_y"]]).astype(float)
