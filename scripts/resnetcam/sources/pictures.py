"""Decode one image file, of any usual format, to what a person sees: a square of RGB bytes.

The first frame counts; EXIF's orientation is applied; transparent pixels lie on white; colours are
those of sRGB. Pillow does all of it. No more is
decoded than memory can bear.
"""

import io
import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from resnetcam.common.errors import InputError
from resnetcam.common.wording import shown

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_PIXELS = 89_478_485  # from here on Pillow warns; 0.3 GB as RGB
MAX_BYTES = 2**29

_FILTER = Image.Resampling.BICUBIC  # wider where it shrinks, so antialiased
_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATION, _SIDEWAYS = 0x0112, range(5, 9)  # of EXIF
_TRANSPARENT = {"RGBA", "LA", "PA", "RGBa", "La"}


class UnreadableImageError(InputError):
    """A file that is no image, or none that can be read.

    Attributes:
        path: of the file.
        reason: what is wrong with it.
    """

    def __init__(self, path: str | Path, reason: str):
        self.path, self.reason = Path(path), reason
        super().__init__(f"{shown(path)}: {reason}.")


def read_file(path: str | Path) -> bytes:
    """Return what a file holds.

    Raises:
        UnreadableImageError: if it is no file, cannot be read, or is too large for an image.
    """
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise UnreadableImageError(
                path, f"more than {MAX_BYTES:,} bytes, too many for an image"
            )
        # Without O_NONBLOCK a pipe would wait for somebody to write into it.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableImageError(path, "a pipe or a device, and no file")
            content = file.read(MAX_BYTES)
            if content is None:  # of a system's file that has nothing to say for now
                raise UnreadableImageError(path, "a pipe or a device, and no file")
            return content
    except OSError as error:
        raise UnreadableImageError(path, error.strerror or str(error)) from error


def decode_picture(path: str | Path, content: bytes, side: int, fit: str) -> NDArray[np.uint8]:
    """Return an image as a person sees it, uint8 RGB (side, side, 3).

    One that has this size already keeps its pixels as they are.

    Args:
        path: of the file, to be named in what is wrong with it.
        content: of the file.
        fit: what becomes of one that is no square: ``crop`` its middle, ``pad`` with black, or
            ``stretch``.

    Raises:
        UnreadableImageError: if it is of no known format, is damaged or cut short, has more than
            ``MAX_PIXELS`` pixels, or has no known black and white.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return np.array(_seen(image, path, side, fit))
    except UnreadableImageError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadableImageError(
            path, f"it claims more than {MAX_PIXELS:,} pixels, too many to read"
        ) from None
    except UnidentifiedImageError:
        found = "an empty file" if not content else "not an image"
        raise UnreadableImageError(path, f"{found}; known formats are {_FORMATS}") from None
    except Exception as error:  # a hostile image can raise anything
        said = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableImageError(path, f"damaged ({shown(said)})") from error


def size_of_picture(content: bytes) -> tuple[int, int]:
    """Return width and height in pixels of an image that can be decoded, turned upright."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            is_turned = image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
    return (height, width) if is_turned else (width, height)


def _seen(image: Image.Image, path: str | Path, side: int, fit: str) -> Image.Image:
    # A JPEG of several times the size is shrunk while it is decoded, which takes a fraction.
    image.draft(None, (3 * side, 3 * side))
    image.load()
    turned = ImageOps.exif_transpose(image)
    return _FITS[fit](_in_rgb(turned, path), side)


def _in_rgb(image: Image.Image, path: str | Path) -> Image.Image:
    if image.mode in ("I", "F"):
        raise UnreadableImageError(
            path, "pixels of 32 bits, whose black and white nobody knows; save it with 8 or 16 bits"
        )
    if image.mode.startswith("I;16"):
        profile = image.info.get("icc_profile")
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        image.info["icc_profile"] = profile
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        return _on_white(image)
    return _in_srgb(image).convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    is_grey = image.mode[0] == "L"
    image = image.convert("LA" if is_grey else "RGBA")
    alpha = image.getchannel("A")
    image = _in_srgb(image.convert("L" if is_grey else "RGB")).convert("RGB")
    image.putalpha(alpha)
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """Convert colours by the image's own profile; without one, or with a broken one, they stay."""
    profile = image.info.get("icc_profile")
    if profile and image.mode == "P":
        image = image.convert("RGB")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(own).lower():
            return image
        converted = ImageCms.profileToProfile(image, own, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if converted is None else converted


def _cropped(image: Image.Image, side: int) -> Image.Image:
    return ImageOps.fit(image, (side, side), _FILTER)


def _padded(image: Image.Image, side: int) -> Image.Image:
    return ImageOps.pad(image, (side, side), _FILTER, color=(0, 0, 0))


def _stretched(image: Image.Image, side: int) -> Image.Image:
    return image.resize((side, side), _FILTER)


_FITS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "crop": _cropped,
    "pad": _padded,
    "stretch": _stretched,
}
_FORMATS = ", ".join(FORMATS)
