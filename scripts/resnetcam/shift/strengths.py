"""The kinds of corruption and their five strengths, as Hendrycks and Dietterich published them.

Dan Hendrycks and Thomas Dietterich 2019, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", arXiv:1903.12261. They published numbers for three sizes of images:
CIFAR-10-C (32 pixels), Tiny ImageNet-C (64) and ImageNet-C (224). Images of another size have those
of the nearest one. Lengths are in pixels where nothing else is said.

Their kind ``frost`` needs photographs of ice, and is left out.
"""

import math
from typing import NamedTuple

SIZES = (32, 64, 224)
STRENGTHS = (1, 2, 3, 4, 5)
NOISE, BLUR, WEATHER, DIGITAL = GROUPS = ("noise", "blur", "weather", "digital")

Level = tuple[float, ...]
Levels = tuple[Level, Level, Level, Level, Level]


class Kind(NamedTuple):
    """A kind of corruption.

    Attributes:
        group: of similar kinds.
        title: as people write it.
        levels: for each of ``SIZES``, what each of the five strengths means to its function.
    """

    group: str
    title: str
    levels: tuple[Levels, Levels, Levels]


def level_of(kind: str, strength: int, side: int) -> Level:
    """Return what a strength of 1 to 5 means for images whose longer side is so many pixels."""
    distances = [abs(math.log(side / size)) for size in SIZES]
    return KINDS[kind].levels[distances.index(min(distances))][strength - 1]


def _each(*levels: float) -> Levels:
    one, two, three, four, five = levels
    return (one,), (two,), (three,), (four,), (five,)


# Of ImageNet-C, whose elastic transform counts in shares of 244 pixels, though images have 224.
_SLIP = 244 / 224

KINDS = {
    # Standard deviation, of values 0 to 1.
    "gaussian_noise": Kind(
        NOISE,
        "Gaussian noise",
        (
            _each(0.04, 0.06, 0.08, 0.09, 0.10),
            _each(0.04, 0.08, 0.12, 0.15, 0.18),
            _each(0.08, 0.12, 0.18, 0.26, 0.38),
        ),
    ),
    # Photons that make the value 1.
    "shot_noise": Kind(
        NOISE,
        "shot noise",
        (
            _each(500, 250, 100, 75, 50),
            _each(250, 100, 50, 30, 15),
            _each(60, 25, 12, 5, 3),
        ),
    ),
    # Share of the values that become 0 or 1.
    "impulse_noise": Kind(
        NOISE,
        "impulse noise",
        (
            _each(0.01, 0.02, 0.03, 0.05, 0.07),
            _each(0.01, 0.02, 0.05, 0.08, 0.14),
            _each(0.03, 0.06, 0.09, 0.17, 0.27),
        ),
    ),
    # Radius of the disk, standard deviation that smooths its edge.
    "defocus_blur": Kind(
        BLUR,
        "defocus blur",
        (
            ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
            ((0.5, 0.6), (1, 0.1), (1.5, 0.1), (2.5, 0.01), (3, 0.1)),
            ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
        ),
    ),
    # Standard deviation of the blur before and after, farthest pixel, rounds.
    "glass_blur": Kind(
        BLUR,
        "glass blur",
        (
            ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
            ((0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)),
            ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        ),
    ),
    # Radius, standard deviation.
    "motion_blur": Kind(
        BLUR,
        "motion blur",
        (
            ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
            ((10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)),
            ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        ),
    ),
    # Zoom factors from 1 to the first number, in steps of the second.
    "zoom_blur": Kind(
        BLUR,
        "zoom blur",
        (
            ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)),
            ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)),
            ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
        ),
    ),
    # Of the flakes mean, standard deviation, zoom and threshold; radius and standard deviation of
    # their motion; share of the image's own colours.
    "snow": Kind(
        WEATHER,
        "snow",
        (
            (
                (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
                (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
                (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
                (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
                (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
            ),
            (
                (0.1, 0.2, 1, 0.6, 8, 3, 0.8),
                (0.1, 0.2, 1, 0.5, 10, 4, 0.8),
                (0.15, 0.3, 1.75, 0.55, 10, 4, 0.7),
                (0.25, 0.3, 2.25, 0.6, 12, 6, 0.65),
                (0.3, 0.3, 1.25, 0.65, 14, 12, 0.6),
            ),
            (
                (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
                (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
                (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
                (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
                (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
            ),
        ),
    ),
    # Thickness, what its roughness is divided by from one scale to the next finer one.
    "fog": Kind(
        WEATHER,
        "fog",
        (
            ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
            ((0.4, 3), (0.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)),
            ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
        ),
    ),
    # What is added to the value of HSV.
    "brightness": Kind(
        WEATHER,
        "brightness",
        (
            _each(0.05, 0.1, 0.15, 0.2, 0.3),
            _each(0.1, 0.2, 0.3, 0.4, 0.5),
            _each(0.1, 0.2, 0.3, 0.4, 0.5),
        ),
    ),
    # What the distance from the image's mean is multiplied by.
    "contrast": Kind(
        DIGITAL,
        "contrast",
        (
            _each(0.75, 0.5, 0.4, 0.3, 0.15),
            _each(0.4, 0.3, 0.2, 0.1, 0.05),
            _each(0.4, 0.3, 0.2, 0.1, 0.05),
        ),
    ),
    # In shares of the side: farthest shift of a pixel, how smooth shifts are (a standard
    # deviation), farthest shift of the three points that turn and shear the whole.
    "elastic_transform": Kind(
        DIGITAL,
        "elastic transform",
        (
            (
                (0, 0, 0.08),
                (0.05, 0.2, 0.07),
                (0.08, 0.06, 0.06),
                (0.1, 0.04, 0.05),
                (0.1, 0.03, 0.03),
            ),
            (
                (0, 0, 0.08),
                (0.05, 0.3, 0.06),
                (0.1, 0.08, 0.06),
                (0.1, 0.03, 0.03),
                (0.16, 0.03, 0.02),
            ),
            (
                (2 * _SLIP, 0.7 * _SLIP, 0.1 * _SLIP),
                (2 * _SLIP, 0.08 * _SLIP, 0.2 * _SLIP),
                (0.05 * _SLIP, 0.01 * _SLIP, 0.02 * _SLIP),
                (0.07 * _SLIP, 0.01 * _SLIP, 0.02 * _SLIP),
                (0.12 * _SLIP, 0.01 * _SLIP, 0.02 * _SLIP),
            ),
        ),
    ),
    # Share of the pixels that are left a side.
    "pixelate": Kind(
        DIGITAL,
        "pixelate",
        (
            _each(0.95, 0.9, 0.85, 0.75, 0.65),
            _each(0.9, 0.8, 0.7, 0.6, 0.5),
            _each(0.6, 0.5, 0.4, 0.3, 0.25),
        ),
    ),
    # Quality.
    "jpeg_compression": Kind(
        DIGITAL,
        "JPEG compression",
        (
            _each(80, 65, 58, 50, 40),
            _each(65, 58, 50, 40, 25),
            _each(25, 18, 15, 10, 7),
        ),
    ),
}
