"""Each corruption against its definition, on images for which one can say what must come out."""

import colorsys
import io
import itertools

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from resnetcam.shift import operations
from resnetcam.shift.corruptions import CORRUPTIONS, Draws, corrupted
from resnetcam.shift.strengths import GROUPS, KINDS, SIZES, STRENGTHS, level_of

NEAR = [(0, 0), (0, 1), (1, 0), (1, 1)]
# By definition not: glass blur smooths more what it has moved, and elastic transforms turn and
# shear the less, the more they crumple.
NOT_MONOTONE = {"glass_blur", "elastic_transform"}


def photographs(n=24, side=32, channels=3, seed=0):
    """Images that are smooth and of full contrast, with some texture, as photographs are."""
    random = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(random.normal(size=(n, side, side, channels)), (0, 4, 4, 0))
    smooth = 128 + 45 * smooth / smooth.std() + random.normal(0, 6, smooth.shape)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def flat(value, n=1, side=32, channels=3):
    return np.full((n, side, side, channels), value, np.uint8)


def distance(one, other):
    return ((one.astype(float) - other) ** 2).mean()


def test_all_fourteen_kinds_are_there_group_by_group():
    assert list(KINDS) == list(CORRUPTIONS)
    assert len(KINDS) == 14
    groups = [one.group for one in KINDS.values()]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=GROUPS.index)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("side", "channels"), [(32, 3), (32, 1), (17, 3), (16, 1), (50, 3), (131, 1)]
)
def test_images_of_any_size_keep_it_and_are_changed(kind, side, channels):
    images = photographs(2, side, channels)
    before = images.copy()
    for strength in (1, 5):
        found = corrupted(kind, images, strength)
        assert found.shape == images.shape
        assert found.dtype == np.uint8
        assert (found != images).any()
    assert (images == before).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_corrupted_the_same_whichever_others_are_there(kind):
    images = photographs(5)
    together = corrupted(kind, images, 3)
    assert (corrupted(kind, images, 3) == together).all()
    assert (corrupted(kind, images[:2], 3) == together[:2]).all()
    assert (corrupted(kind, images[3:], 3, [3, 4]) == together[3:]).all()
    assert corrupted(kind, images[:0], 3).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("kind", ["gaussian_noise", "glass_blur", "motion_blur", "snow", "fog"])
def test_chance_differs_between_images_and_strengths(kind):
    images = np.repeat(photographs(1), 3, 0)
    found = corrupted(kind, images, 4)
    assert (found[0] != found[1]).any()
    assert (found[1] != found[2]).any()
    draws = [Draws(stream, [0]).normal(8) for stream in (1, 2)]
    assert (draws[0] != draws[1]).any()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_MONOTONE])
@pytest.mark.parametrize("side", [32, 64])
def test_a_higher_strength_changes_more(kind, side):
    images = photographs(32, side)
    distances = [distance(corrupted(kind, images, strength), images) for strength in STRENGTHS]
    # Of motion blur strengths 3 and 4 differ in how far the kernel reaches alone.
    assert all(one < 1.02 * other for one, other in itertools.pairwise(distances))
    assert distances[4] > 1.5 * distances[0]


@pytest.mark.parametrize(
    ("side", "size"),
    [
        (16, 32),
        (32, 32),
        (45, 32),
        (46, 64),
        (64, 64),
        (119, 64),
        (120, 224),
        (224, 224),
        (512, 224),
    ],
)
def test_the_numbers_are_those_of_the_nearest_published_size(side, size):
    for kind, one in KINDS.items():
        expected = one.levels[SIZES.index(size)]
        assert [level_of(kind, strength, side) for strength in STRENGTHS] == list(expected)


def test_gaussian_noise_has_mean_zero_and_the_deviation_of_its_strength():
    noise = corrupted("gaussian_noise", flat(128, 20), 5).astype(float) - 128
    assert noise.mean() == pytest.approx(0, abs=0.5)
    assert noise.std() == pytest.approx(0.10 * 255, rel=0.01)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02


def test_shot_noise_has_a_variance_that_follows_the_light():
    for value in (51, 128):
        noise = corrupted("shot_noise", flat(value, 40), 3).astype(float)
        assert noise.mean() == pytest.approx(value, rel=0.01)
        assert noise.var() == pytest.approx(value / 255 / 100 * 255**2, rel=0.03)
    assert (corrupted("shot_noise", flat(0), 5) == 0).all()


def test_impulse_noise_makes_its_share_black_or_white_and_leaves_the_rest():
    found = corrupted("impulse_noise", flat(100, 60), 5)
    shares = {value: (found == value).mean() for value in (0, 100, 255)}
    assert shares[0] == pytest.approx(0.035, rel=0.05)
    assert shares[255] == pytest.approx(0.035, rel=0.05)
    assert sum(shares.values()) == 1


def test_defocus_blur_spreads_a_point_over_a_disk():
    image = flat(0, side=121, channels=1)
    image[0, 60, 60] = 255
    found = corrupted("defocus_blur", image, 2)[0, ..., 0].astype(float)  # a radius of 4
    rows, columns = np.mgrid[:121, :121] - 60
    distances = np.hypot(rows, columns)
    assert (found[distances > 6] == 0).all()
    inside = found[distances < 2.5]
    assert inside.min() == inside.max() == np.rint(255 / (np.hypot(rows, columns) <= 4).sum())


@pytest.mark.parametrize(("radius", "smoothing"), [(0.3, 0.4), (1.5, 0.1), (10, 0.5)])
def test_a_disk_has_weight_one_and_is_symmetric(radius, smoothing):
    (kernel,) = operations.disk(radius, smoothing)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert kernel == pytest.approx(kernel.T)
    assert kernel == pytest.approx(kernel[::-1])
    across = np.exp(-1 / (2 * smoothing**2))
    if radius < 1:  # one pixel, and the Gaussian alone
        middle = kernel.shape[0] // 2
        assert kernel[middle, middle + 1] / kernel[middle, middle] == pytest.approx(across)


def test_motion_blur_spreads_a_point_along_a_line_by_a_gaussian():
    kernels = operations.motion(4, 2.0, np.array([0.0, 45.0, -90.0], np.float32))
    weights = np.exp(-(np.arange(9) ** 2) / 8)
    weights /= weights.sum()
    assert kernels[0][8, 8:] == pytest.approx(weights, abs=1e-6)
    assert kernels[0].sum() == pytest.approx(1, abs=1e-6)
    assert kernels[2][8::-1, 8] == pytest.approx(weights, abs=1e-6)
    rows, columns = np.nonzero(kernels[1])
    assert (rows == columns).all()
    assert kernels[1].sum() == pytest.approx(1, abs=1e-6)


def test_a_correlation_is_scipys():
    x = photographs(2).astype(np.float32)
    kernels = operations.motion(3, 2.0, np.array([20.0, -40.0], np.float32))
    for border, name in (("edge", "nearest"), ("reflect", "mirror")):
        found = operations.correlated(x, kernels, border)
        for image, kernel, one in zip(x, kernels, found, strict=True):
            expected = ndimage.correlate(image, kernel[..., np.newaxis], mode=name)
            assert one == pytest.approx(expected, abs=1e-2)


def test_glass_blur_gives_pixels_the_value_of_one_nearby_one_after_the_other():
    x = photographs(3, 19).astype(np.float32)
    shifts = np.random.default_rng(1).integers(-2, 2, (3, 19, 19, 2))
    expected = x.copy()
    for image, moves in zip(expected, shifts, strict=True):
        for row in range(17, 2, -1):
            for column in range(17, 2, -1):
                down, right = moves[row, column]
                image[row, column] = image[row + down, column + right]
    found = operations.displaced(x, shifts, 2)
    assert (found == expected).all()
    assert (found != x).any()


def test_glass_blur_that_hardly_smooths_moves_pixels_by_one():
    """Strength 1 of 32 pixels: a deviation of 0.05 pixels, up or left by one."""
    images = photographs(2)
    found = corrupted("glass_blur", images, 1)[:, 2:-1, 2:-1]
    near = [images[:, 2 - down : 31 - down, 2 - right : 31 - right] for down, right in NEAR]
    assert np.any([(found == one).all(-1) for one in near], 0).all()
    moved = [(found == one).all(-1).mean() for one in near]
    assert moved == pytest.approx([0.25] * 4, abs=0.03)


@pytest.mark.parametrize("kind", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"])
@pytest.mark.parametrize("side", [32, 33, 64, 150])
def test_a_blur_leaves_a_constant_image_as_it_is(kind, side):
    for strength in STRENGTHS:
        assert (corrupted(kind, flat(77, side=side), strength) == 77).all()


@pytest.mark.parametrize("factor", [1, 1.03, 1.21, 1.75, 2.25, 4.5])
@pytest.mark.parametrize("side", [32, 33])
def test_a_zoom_is_scipys_of_the_middle(factor, side):
    x = photographs(1, side)[0].astype(np.float64)
    size = int(np.ceil(side / factor))
    first = (side - size) // 2
    whole = ndimage.zoom(
        x[first : first + size, first : first + size], (factor, factor, 1), order=1
    )
    cut = (len(whole) - side) // 2
    expected = whole[cut : cut + side, cut : cut + side]
    assert operations.zoomed(x[np.newaxis], factor)[0] == pytest.approx(expected, abs=1e-3)


def test_zoom_blur_is_the_mean_of_the_zooms_and_the_image():
    images = photographs(2)
    x = images.astype(np.float64)
    factors = [1, 1.01, 1.02, 1.03, 1.04, 1.05]
    if len(np.arange(1, 1.06, 0.01)) == 7:  # as floats add up, the end is reached
        factors.append(1.06)
    total = x + sum(operations.zoomed(x, factor) for factor in factors)
    expected = np.rint(total / (len(factors) + 1))
    assert abs(corrupted("zoom_blur", images, 1) - expected).max() <= 1


def test_snow_whitens_by_its_share_and_adds_flakes():
    images = photographs(6)
    found = corrupted("snow", images, 3).astype(float) / 255
    x = images / 255
    grey = (x @ [0.299, 0.587, 0.114])[..., np.newaxis]
    ground = 0.9 * x + 0.1 * np.maximum(x, 1.5 * grey + 0.5)
    flakes = found - np.minimum(ground, 1)
    assert flakes.min() > -0.003
    fallen = flakes.max((1, 2, 3))
    assert (fallen > 0.2).all()
    # Flakes and the same turned upside down.
    dark = corrupted("snow", flat(0, 3), 5).astype(int)
    assert (dark == dark[:, ::-1, ::-1]).all()
    # Snow on black is as white as its ground, 0.2 * 0.5, or whiter.
    assert dark.min() >= 25


def test_fog_is_a_fractal_that_is_added_and_dimmed():
    images = photographs(3)
    level = level_of("fog", 2, 32)
    assert level == (0.5, 3)
    noise = Draws(1, range(3)).uniform(-1, 1, 32, 32)
    fractal = operations.plasma(noise, 3)
    assert fractal.min((1, 2)) == pytest.approx(0)
    assert fractal.max((1, 2)) == pytest.approx(1)
    x = images / 255
    brightest = x.max((1, 2, 3), keepdims=True)
    found = corrupted("fog", images, 2) / 255 * (brightest + 0.5) / brightest - x
    added = found.reshape(3, -1)
    assert added.min() == pytest.approx(0, abs=0.006)
    assert added.max() == pytest.approx(0.5, abs=0.006)
    assert (corrupted("fog", flat(0), 5) == 0).all()


def test_a_fractal_without_noise_but_at_one_point_is_what_one_can_compute():
    """The middle of the coarsest square, 1; the next points are means of their neighbours."""
    noise = np.zeros((1, 4, 4), np.float32)
    noise[0, 2, 2] = 1
    (found,) = operations.plasma(noise, 2)
    assert found[2, 2] == 1
    assert found[0, 0] == 0
    # Of a corner, a corner, and the middle twice, around the corner.
    assert found[0, 2] == found[2, 0] == pytest.approx(0.5)
    # Corner, two edges and the middle: (0 + 1/2 + 1/2 + 1) / 4.
    assert found[1, 1] == found[3, 3] == found[1, 3] == pytest.approx(0.5)
    # Corner, edge, and the two middles beside it: (0 + 1/2 + 1/2 + 1/2) / 4.
    assert found[0, 1] == pytest.approx(0.375)


def test_fractals_are_those_of_a_plain_diamond_square_algorithm():
    """Point by point, around the corner at the borders."""
    noise = np.random.default_rng(4).uniform(-1, 1, (1, 16, 16)).astype(np.float32)
    height, step, wibble = np.zeros((16, 16)), 16, 100.0

    def fill(row, column, neighbours):
        mean = (
            sum(height[(row + down) % 16, (column + right) % 16] for down, right in neighbours) / 4
        )
        height[row, column] = mean + wibble**2 * noise[0, row, column]

    while step >= 2:
        half = step // 2
        for row in range(half, 16, step):
            for column in range(half, 16, step):
                fill(row, column, [(one, two) for one in (-half, half) for two in (-half, half)])
        for row in range(0, 16, half):
            for column in range(half if row % step == 0 else 0, 16, step):
                fill(row, column, [(-half, 0), (half, 0), (0, -half), (0, half)])
        step, wibble = half, wibble / 1.75
    expected = (height - height.min()) / (height.max() - height.min())
    assert operations.plasma(noise, 1.75)[0] == pytest.approx(expected, abs=1e-5)


def test_a_finer_grid_has_its_noise_divided_twice_by_the_decay():
    noise = np.zeros((1, 4, 4), np.float32)
    noise[0, 2, 2], noise[0, 1, 1] = 1, 1
    (found,) = operations.plasma(noise, 4)
    # 1/2 from its neighbours, as above, and 1/16 of its own.
    assert found[1, 1] == pytest.approx(0.5 + 1 / 16)


def test_brightness_adds_to_the_value_of_hsv():
    images = photographs(1)
    images[0, 0, :4] = [[0, 0, 0], [255, 255, 255], [200, 100, 0], [10, 10, 10]]
    found = corrupted("brightness", images, 4)[0]
    for before, after in zip(images[0].reshape(-1, 3), found.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
        expected = colorsys.hsv_to_rgb(hue, saturation, min(1, value + 0.2))
        assert after / 255 == pytest.approx(expected, abs=0.0021)
    grey = corrupted("brightness", flat(100, channels=1), 4)
    assert (grey == 151).all()


def test_contrast_shrinks_towards_each_channels_mean():
    images = photographs(3)
    found = corrupted("contrast", images, 5)
    mean = images.mean((1, 2), keepdims=True)
    assert abs(found - (mean + 0.15 * (images - mean))).max() <= 0.51


def test_elastic_transform_moves_pixels_as_scipy_does():
    x = photographs(2, 20).astype(np.float32)
    random = np.random.default_rng(2)
    places = np.mgrid[:20, :20] + random.normal(0, 4, (2, 2, 20, 20))
    for fold, name in ((operations.mirrored, "mirror"), (operations.repeated, "reflect")):
        found = operations.sampled(x, places[:, 0], places[:, 1], fold)
        for image, place, one in zip(x, places, found, strict=True):
            for channel in range(3):
                expected = ndimage.map_coordinates(image[..., channel], place, order=1, mode=name)
                assert one[..., channel] == pytest.approx(expected, abs=1e-2)


def test_elastic_transform_of_strength_one_is_one_affine_map():
    """At 32 pixels it only turns and shears: straight ramps stay straight, but at the border."""
    ramp = np.tile(np.arange(32, dtype=np.float32), (32, 1))[np.newaxis, ..., np.newaxis]
    level = level_of("elastic_transform", 1, 32)
    found = CORRUPTIONS["elastic_transform"](100 + ramp, level, Draws(3, [0]))[0, 12:20, 12:20, 0]
    assert abs(np.diff(found, 2, axis=0)).max() < 1e-3
    assert abs(np.diff(found, 2, axis=1)).max() < 1e-3
    assert abs(found - 100 - ramp[0, 12:20, 12:20, 0]).max() > 0.1


def test_a_side_is_smoothed_by_scipys_gaussian():
    values = np.random.default_rng(3).normal(size=(1, 30, 30, 2)).astype(np.float32)
    for sigma, border, reach in ((2.0, "reflect", 3), (0.4, "nearest", 4), (25.0, "reflect", 3)):
        matrix = operations.gaussian_matrix(30, sigma, border, reach)
        expected = ndimage.gaussian_filter(
            values, (0, sigma, sigma, 0), mode=border, truncate=reach
        )
        assert operations.separable(values, matrix, matrix) == pytest.approx(expected, abs=1e-4)
    assert (operations.gaussian_matrix(5, 0, "reflect", 3) == np.eye(5)).all()


def test_pixelate_takes_means_of_boxes():
    """Half of 64 pixels a side: each four become their mean."""
    images = photographs(2, 64)
    means = images.reshape(2, 32, 2, 32, 2, 3).mean((2, 4))
    found = corrupted("pixelate", images, 5)
    # Pillow rounds along each side.
    assert abs(found - means.repeat(2, 1).repeat(2, 2)).max() <= 1
    for strength, size in zip(STRENGTHS, (30, 28, 27, 24, 20), strict=True):
        small = Image.fromarray(images[0, :32, :32]).resize((size, size), Image.Resampling.BOX)
        expected = np.asarray(small.resize((32, 32), Image.Resampling.BOX))
        assert (corrupted("pixelate", images[:1, :32, :32], strength)[0] == expected).all()


def test_jpeg_compression_is_pillows_at_that_quality():
    for channels in (1, 3):
        images = photographs(2, 32, channels)
        found = corrupted("jpeg_compression", images, 5)
        for image, one in zip(images, found, strict=True):
            file = io.BytesIO()
            Image.fromarray(image.squeeze()).save(file, "JPEG", quality=40)
            assert (one.squeeze() == np.asarray(Image.open(file))).all()


def test_an_image_that_is_no_square_stays_as_it_is():
    images = photographs(2, 40)[:, :24]
    for kind in KINDS:
        assert corrupted(kind, images, 3).shape == images.shape
