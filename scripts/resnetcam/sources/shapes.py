"""``shapes``: a small dataset drawn from a seed, with the exact region of every object.

Ten classes of filled outlines of random size, place, tilt and colour, on textured backgrounds,
among distractors. A linear classifier makes next to nothing of the pixels; a ResNet20 learns the
classes in a few epochs. Objects stand anywhere that they fit, which is often over the middle: a map
that points there hits four times as often as chance.
"""

import colorsys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from resnetcam.sources.labelled_images import LabelledImages
from resnetcam.sources.sizes import IMAGE_SIDE as SIDE

_SUPERSAMPLING = 4
_RADIUS = (6.0, 10.5)
_TILT = 0.4  # radians either way
_MIN_CONTRAST = 0.5

Outline = NDArray[np.float64]


class Drawing(NamedTuple):
    """Images with labels, and for each test image the outline of its object.

    Attributes:
        images: as in CIFAR-10's archive.
        test_outlines: float64 (V, 2) each: x, y in pixels, the image's corner at (0, 0). What
            is inside follows the even-odd rule: a ring's line runs around its hole, too.
    """

    images: LabelledImages
    test_outlines: list[Outline]


def draw(train_images: int, test_images: int, seed: int) -> Drawing:
    """Draw a dataset; every image, class included, depends on ``seed`` and its number alone."""
    x, y, outlines = [], [], []
    for number in range(train_images + test_images):
        generator = np.random.Generator(np.random.Philox(key=[seed, number]))
        label = int(generator.integers(len(CLASS_NAMES)))
        pixels, outline = _draw_image(generator, CLASS_NAMES[label])
        x.append(pixels)
        y.append(label)
        outlines.append(outline)
    images, labels = np.stack(x), np.array(y, np.uint8)
    split = train_images
    return Drawing(
        LabelledImages(images[:split], labels[:split], images[split:], labels[split:], CLASS_NAMES),
        outlines[split:],
    )


def _draw_image(generator: np.random.Generator, name: str) -> tuple[NDArray[np.uint8], Outline]:
    background, mean = _background(generator)
    canvas = background
    for _ in range(generator.integers(2, 5)):
        canvas = _paint(canvas, _distractor(generator), _color(generator))
    radius = generator.uniform(*_RADIUS)
    centre = generator.uniform(radius, SIDE - radius, 2)
    outline = _posed(_OUTLINES[name], radius, centre, generator.uniform(-_TILT, _TILT))
    hole = _posed(_HOLES[name], radius, centre, 0.0) if name in _HOLES else None
    color = _color(generator, away_from=mean)
    shading = 1 + generator.uniform(-0.2, 0.2) * np.linspace(-1, 1, SIDE)[None, :, None]
    canvas = _paint(canvas, outline, color * shading, hole)
    canvas = canvas + generator.normal(0, 0.03, canvas.shape)
    region = outline if hole is None else _with_hole(outline, hole)
    return (np.clip(canvas, 0, 1) * 255).round().astype(np.uint8), region


def _background(generator: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two related colours mixed by smooth noise and a grating."""
    first = _color(generator)
    second = np.clip(first + generator.uniform(-0.25, 0.25, 3), 0, 1)
    cells = generator.random((int(generator.integers(2, 9)),) * 2).astype(np.float32)
    noise = np.asarray(Image.fromarray(cells).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    angle, frequency = generator.uniform(0, np.pi), generator.uniform(0.2, 1.2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    wave = np.sin(frequency * (np.cos(angle) * columns + np.sin(angle) * rows))
    mix = np.clip(noise + generator.uniform(0, 0.25) * wave, 0, 1)[..., None]
    canvas = first + mix * (second - first)
    return canvas, canvas.mean((0, 1))


def _distractor(generator: np.random.Generator) -> Outline:
    """A thin bar or a small blob: too small or too thin to be an object."""
    long = generator.uniform(2, 9)
    half = np.array([long, 0.6]) if generator.random() < 0.5 else np.array([1.6, 1.2])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    return _posed(corners, 1.0, generator.uniform(0, SIDE, 2), generator.uniform(0, np.pi))


def _color(
    generator: np.random.Generator, away_from: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """A random colour, float64 (3,) in 0..1, clearly different from another one if given."""
    while True:
        hue, saturation, value = generator.random(), generator.random(), generator.uniform(0.1, 1)
        color = np.array(colorsys.hsv_to_rgb(hue, saturation, value))
        if away_from is None or np.abs(color - away_from).max() > _MIN_CONTRAST:
            return color


def _paint(
    canvas: NDArray[np.float64],
    outline: Outline,
    color: NDArray[np.float64],
    hole: Outline | None = None,
) -> NDArray[np.float64]:
    mask = Image.new("L", (SIDE * _SUPERSAMPLING,) * 2)
    pen = ImageDraw.Draw(mask)
    pen.polygon([tuple(point) for point in outline * _SUPERSAMPLING - 0.5], fill=255)
    if hole is not None:
        pen.polygon([tuple(point) for point in hole * _SUPERSAMPLING - 0.5], fill=0)
    coverage = np.asarray(mask.reduce(_SUPERSAMPLING), np.float64)[..., None] / 255
    return canvas * (1 - coverage) + color * coverage


def _posed(outline: Outline, radius: float, centre: NDArray[np.float64], angle: float) -> Outline:
    cosine, sine = np.cos(angle), np.sin(angle)
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    return outline @ rotation.T * radius + centre


def _with_hole(outline: Outline, hole: Outline) -> Outline:
    """One line: around the outline, over to the hole, around it the other way, and back."""
    return np.concatenate([outline, outline[:1], hole[:1], hole[::-1]])


def _arc(start: float, stop: float, points: int = 24, radius: float = 1.0) -> Outline:
    """Points on a circle about the origin; angles in turns."""
    angles = 2 * np.pi * np.linspace(start, stop, points)
    return radius * np.stack([np.cos(angles), np.sin(angles)], 1)


def _polygon(corners: int) -> Outline:
    return _arc(0, 1 - 1 / corners, corners)


def _star() -> Outline:
    radii = np.tile([1.0, 0.42], 5)[:, None]
    return _polygon(10) * radii


def _cross() -> Outline:
    a, b = 0.3, 0.95
    quarter = np.array([[b, -a], [b, a], [a, a]])
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.concatenate([quarter @ np.linalg.matrix_power(turn, k) for k in range(4)])


def _crescent() -> Outline:
    """A disc less a smaller one beside it; both arcs meet in the horns."""
    horn = np.arccos(0.5 * (1 + 0.6**2 - 0.75**2) / 0.6) / (2 * np.pi)
    inner_horn = np.arctan2(np.sin(2 * np.pi * horn), np.cos(2 * np.pi * horn) - 0.6) / (2 * np.pi)
    inner = _arc(1 - inner_horn, inner_horn, radius=0.75) + [0.6, 0.0]
    return np.concatenate([_arc(horn, 1 - horn), inner])


def _unit(outline: Outline) -> Outline:
    """Scale an outline into the unit circle, which its image holds at any tilt."""
    return outline / np.linalg.norm(outline, axis=1).max()


_OUTLINES: dict[str, Outline] = {
    "circle": _arc(0, 1 - 1 / 32, 32),
    "ring": _arc(0, 1 - 1 / 32, 32),
    "semicircle": _unit(_arc(0, 0.5) - [0.0, 0.4]),
    "crescent": _crescent(),
    "triangle": _polygon(3),
    "square": _polygon(4),
    "bar": _unit(np.array([[-1.0, -0.3], [1.0, -0.3], [1.0, 0.3], [-1.0, 0.3]])),
    "star": _star(),
    "cross": _cross(),
    "arrow": _unit(
        np.array(
            [[1, 0], [0.1, 0.75], [0.1, 0.28], [-1, 0.28], [-1, -0.28], [0.1, -0.28], [0.1, -0.75]]
        )
    ),
}
_HOLES: dict[str, Outline] = {"ring": _arc(0, 1 - 1 / 32, 32, radius=0.55)}
CLASS_NAMES = tuple(_OUTLINES)
