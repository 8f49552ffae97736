"""Image files become what a person sees; what is none is named and takes no memory."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from resnetcam.sources import pictures
from resnetcam.sources.pictures import (
    MAX_PIXELS,
    UnreadableImageError,
    decode_picture,
    read_file,
)

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def seen(path, side=8, fit="crop"):
    return decode_picture(path, read_file(path), side, fit)


def noise(side=8, channels=3):
    shape = (side, side, channels) if channels > 1 else (side, side)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("kind", ["png", "bmp", "tif", "webp"])
def test_pixels_of_the_wanted_size_stay_as_they_are(tmp_path, kind):
    path, pixels = tmp_path / f"a.{kind}", noise()
    Image.fromarray(pixels).save(path, **({"lossless": True} if kind == "webp" else {}))
    np.testing.assert_array_equal(seen(path), pixels)


def test_grey_images_have_three_equal_channels(tmp_path):
    pixels = noise(channels=1)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(seen(tmp_path / "a.png"), pixels[..., None].repeat(3, -1))


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_of_sixteen_bits_the_upper_eight_count(tmp_path, kind):
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1040
    Image.fromarray(values).save(tmp_path / f"a.{kind}")
    np.testing.assert_array_equal(seen(tmp_path / f"a.{kind}")[..., 0], values >> 8)


def test_what_is_transparent_lies_on_white(tmp_path):
    image = Image.new("RGBA", (8, 8), (*RED, 0))
    image.paste((*RED, 255), (0, 0, 4, 8))
    image.save(tmp_path / "a.png")
    shown = seen(tmp_path / "a.png")
    assert (shown[:, :4] == RED).all()
    assert (shown[:, 4:] == WHITE).all()


def test_a_transparent_colour_of_a_palette_lies_on_white(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([*BLUE, *RED])
    image.paste(0, (0, 0, 4, 8))
    image.save(tmp_path / "a.gif", transparency=0)
    shown = seen(tmp_path / "a.gif")
    assert (shown[:, :4] == WHITE).all()
    assert (shown[:, 4:] == RED).all()


def test_the_first_frame_counts(tmp_path):
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (seen(tmp_path / "a.gif") == RED).all()


def test_the_camera_says_which_way_is_up(tmp_path):
    image = Image.new("RGB", (16, 8), RED)
    image.paste(BLUE, (0, 0, 16, 4))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    image.save(tmp_path / "a.png", exif=exif)
    shown = seen(tmp_path / "a.png")
    assert (shown[0] == RED).all()
    assert (shown[-1] == BLUE).all()


def test_inks_become_colours(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    assert np.abs(seen(tmp_path / "a.jpg").astype(int) - RED).max() <= 3


def test_colours_are_those_of_the_images_own_profile(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = Image.new("RGB", (8, 8), (200, 30, 40))
    swapped.save(tmp_path / "a.png", icc_profile=lab.tobytes())
    assert (seen(tmp_path / "a.png") == (200, 30, 40)).all()
    swapped.save(tmp_path / "b.png", icc_profile=b"no profile at all")
    assert (seen(tmp_path / "b.png") == (200, 30, 40)).all()


def profile_whose_red_is_blue():
    """sRGB with two primaries exchanged: two entries of its table of tags (ICC.1, 7.3)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ") + 4, profile.index(b"bXYZ") + 4
    profile[red : red + 4], profile[blue : blue + 4] = (
        profile[blue : blue + 4],
        profile[red : red + 4],
    )
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "P with a transparent colour"])
def test_the_profile_counts_in_images_of_every_kind(tmp_path, mode):
    image = Image.new("RGB", (8, 8), RED)
    image.paste(BLUE, (0, 0, 4, 8))
    image = image.quantize(2) if mode[0] == "P" else image.convert(mode)
    transparent = {"transparency": image.getpixel((0, 0))} if "transparent" in mode else {}
    image.save(tmp_path / "a.png", icc_profile=profile_whose_red_is_blue(), **transparent)
    shown = seen(tmp_path / "a.png").astype(int)
    assert np.abs(shown[:, 4:] - BLUE).max() <= 12
    assert np.abs(shown[:, :4] - (WHITE if transparent else RED)).max() <= 12


@pytest.mark.parametrize(
    ("fit", "left", "middle"), [("crop", BLUE, RED), ("pad", BLUE, RED), ("stretch", BLUE, RED)]
)
def test_what_is_no_square_is_made_to_fit(tmp_path, fit, left, middle):
    image = Image.new("RGB", (64, 32), RED)
    image.paste(BLUE, (0, 0, 20, 32))
    image.save(tmp_path / "a.png")
    shown = seen(tmp_path / "a.png", 16, fit)
    assert shown.shape == (16, 16, 3)
    black = (shown == 0).all(-1)
    assert black.any() == (fit == "pad")
    assert tuple(shown[8, 0]) == left
    assert tuple(shown[8, 8]) == middle
    blue_columns = (shown[8] == BLUE).all(-1).sum()
    assert blue_columns == pytest.approx({"crop": 2, "pad": 5, "stretch": 5}[fit], abs=1)


def test_shrinking_takes_the_mean(tmp_path):
    checkered = np.indices((64, 64)).sum(0) % 2 * 255
    Image.fromarray(checkered.astype(np.uint8)).save(tmp_path / "a.png")
    assert np.abs(seen(tmp_path / "a.png", 8).astype(int) - 127).max() <= 2


def huge_png(side):
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"0" * 100)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def cut_short(kind):
    def content(tmp_path):
        path = tmp_path / f"whole.{kind}"
        Image.fromarray(noise(64)).save(path)
        return path.read_bytes()[: path.stat().st_size // 2]

    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b"hello", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an image"),
        (huge_png(10_000), f"more than {MAX_PIXELS:,} pixels"),
        (huge_png(100_000), f"more than {MAX_PIXELS:,} pixels"),
        (huge_png(9_000), "damaged|truncated"),
        (cut_short("png"), "truncated"),
        (cut_short("jpg"), "truncated"),
        (cut_short("tif"), "truncated|damaged"),
    ],
)
def test_what_is_no_image_is_named(tmp_path, content, reason):
    path = tmp_path / 'it\'s "so"\nß.png'
    path.write_bytes(content(tmp_path) if callable(content) else content)
    with pytest.raises(UnreadableImageError, match=reason) as caught:
        seen(path)
    assert "\n" not in str(caught.value)
    assert caught.value.path == path


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_where_white_is_unknown_nothing_is_guessed(tmp_path, kind):
    Image.fromarray(np.ones((8, 8), kind)).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableImageError, match=r"32 bits.*save it with 8 or 16"):
        seen(tmp_path / "a.tif")


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(UnreadableImageError, match="No such file"):
        read_file(tmp_path / "gone.png")
    with pytest.raises(UnreadableImageError, match="Is a directory"):
        read_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero"):
        with pytest.raises(UnreadableImageError, match="a pipe or a device, and no file"):
            read_file(path)


def test_a_file_that_has_nothing_to_say_for_now_is_no_image(tmp_path, monkeypatch):
    class Silent(io.BytesIO):
        def fileno(self):
            return os.open(tmp_path / "a", os.O_RDONLY)

        def read(self, size):
            return None

    (tmp_path / "a").touch()
    monkeypatch.setattr("builtins.open", lambda *_: Silent())
    with pytest.raises(UnreadableImageError, match="a pipe or a device, and no file"):
        read_file(tmp_path / "a")


def test_what_is_wrong_is_told_in_one_printable_line(tmp_path, monkeypatch):
    def fail(*_):
        raise ValueError("two\nlines, and \x1b[31mred")

    monkeypatch.setattr(pictures, "_seen", fail)
    Image.fromarray(noise(8)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError) as caught:
        seen(tmp_path / "a.png")
    assert str(caught.value).isprintable()
    assert "two lines, and" in str(caught.value)
