"""Numbers in a page: what is packed can be unpacked, and what does not fit is left out."""

import base64
import zlib

import numpy as np
import pytest

from resnetcam.explorer import packing
from resnetcam.explorer.sprite import MOST_PIXELS, shrunk, shrunk_masks, sprite

RANDOM = np.random.default_rng(0)


def unpacked(text):
    return zlib.decompress(base64.b64decode(text))


def maps_of(content, n, cells, bits):
    """Peaks, and maps stretched to 0..1."""
    peaks, steps = np.frombuffer(content[: 4 * n], "<f4"), np.frombuffer(content[4 * n :], np.uint8)
    if bits == 4:
        steps = np.stack([steps >> 4, steps & 15], 1).reshape(n, -1)[:, :cells]
    return peaks, steps.reshape(n, cells) / (2**bits - 1)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("size", [(4, 4), (3, 5)])
def test_maps_come_back_within_half_a_step(bits, size):
    maps = (100 * RANDOM.random((6, *size))).astype(np.float32)
    maps[2] = 0
    maps[3] = 7

    peaks, found = maps_of(packing.maps_as_bytes(maps, bits), 6, size[0] * size[1], bits)

    assert peaks.tolist() == maps.max((1, 2)).tolist()
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    expected = (maps - low) / np.where(high > low, high - low, 1)
    np.testing.assert_allclose(found, expected.reshape(6, -1), atol=0.5 / (2**bits - 1) + 1e-6)
    assert not found[2:4].any()
    assert (found[[0, 1, 4, 5]].max(1) == 1).all()  # so that only flat ones are 0 everywhere


def test_probabilities_are_exact_to_a_thousandth_of_a_percent():
    probabilities = RANDOM.dirichlet(np.ones(7), 20).astype(np.float32)

    content = packing.probabilities_as_bytes(probabilities)

    found = np.frombuffer(content, "<u2").reshape(20, 7) / 65535
    np.testing.assert_allclose(found, probabilities, atol=1e-5)


def test_masks_are_bits_and_each_begins_with_a_byte():
    masks = RANDOM.random((3, 3, 5)) < 0.5

    content = np.frombuffer(packing.masks_as_bytes(masks), np.uint8).reshape(3, 2)

    found = np.unpackbits(content, axis=1)[:, :15].reshape(3, 3, 5)
    assert (found == masks).all()
    assert packing.masks_as_bytes(np.zeros((0, 3, 5), bool)) == b""


@pytest.mark.parametrize(("old", "new"), [(16, 16), (17, 9), (28, 14), (32, 16), (128, 16)])
def test_a_coarse_map_keeps_each_high_cell_where_it_was(old, new):
    maps = np.zeros((2, old, old), np.float32)
    maps[0, old // 3, old - 1] = 5
    maps[1] = 3

    found = packing.coarse(maps)

    assert found.shape == (2, new, new)
    assert (found[1] == 3).all()
    rows, columns = np.nonzero(found[0])
    places = (np.stack([rows, columns]) + 0.5) / new
    expected = (np.array([[old // 3], [old - 1]]) + 0.5) / old
    assert (np.abs(places - expected) <= 0.5 / new + 0.5 / old + 1e-9).all()
    assert found[0].max() == 5


def test_maps_that_choices_share_are_named_once():
    classes = np.array([[0, 1, 2], [0, 2, 2], [5, 1, 1]])

    assert packing.distinct_maps(classes) == [(0, 0), (0, 2), (1, 0), (1, 1), (2, 0), (2, 2)]


def test_as_many_images_are_packed_as_fit():
    maps = RANDOM.random((40, 6, 6)).astype(np.float32)
    starts = [0, 2, *range(3, 41)]  # the first image has two
    whole = packing.fitting(maps, starts, 8, 10**6)

    assert whole[0] == 39
    assert unpacked(whole[1]) == packing.maps_as_bytes(maps, 8)
    some, text = packing.fitting(maps, starts, 8, len(whole[1]) // 2)
    assert 10 < some < 39
    assert len(text) <= len(whole[1]) // 2
    assert unpacked(text) == packing.maps_as_bytes(maps[: starts[some]], 8)
    assert packing.fitting(maps, starts, 8, 20) == (0, "")
    assert packing.fitting(maps, starts, 8, -5) == (0, "")


def test_no_json_ends_a_script():
    assert "<" not in packing.as_json_in_html('{"a": "</script><!--"}')


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_a_sprite_are_the_images(channels):
    images = RANDOM.integers(0, 256, (7, 28, 20, channels), np.uint8)

    found = sprite(images, 10**6)

    assert (found.columns, found.height, found.width, found.is_lossless) == (3, 28, 20, True)
    picture = decoded(found)
    for number, image in enumerate(images):
        row, column = divmod(number, 3)
        place = picture[28 * row : 28 * row + 28, 20 * column : 20 * column + 20]
        assert (place == np.broadcast_to(image, (28, 20, 3))).all()


def test_a_sprite_loses_only_what_it_must():
    images = RANDOM.integers(0, 256, (50, 120, 120, 3), np.uint8)
    sizes = [sprite(images, most) for most in (10**7, 900_000, 100_000, 100)]

    assert (sizes[0].height, sizes[0].is_lossless) == (MOST_PIXELS, True)
    assert (sizes[1].height, sizes[1].is_lossless) == (MOST_PIXELS, False)
    assert len(sizes[1].uri) <= 900_000
    assert sizes[2].height < MOST_PIXELS
    assert sizes[3].height == 32


def test_images_and_masks_shrink_alike():
    mask = np.zeros((1, 200, 200), bool)
    mask[0, 50:150, 100:] = True

    small = shrunk((255 * mask[..., None]).astype(np.uint8), 96)

    assert small.shape == (1, 96, 96, 1)
    assert (shrunk_masks(mask, 96, 96) == (small[..., 0] >= 128)).all()
    assert shrunk_masks(mask, 200, 200) is mask


def decoded(found):
    import io

    from PIL import Image

    content = base64.b64decode(found.uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
