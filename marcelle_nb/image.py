"""Images: from bytes and from other libraries' objects to `uint8` RGB arrays, and back to JPEG.

Everywhere in the package an image is a `numpy.uint8` array of shape (height, width, 3), RGB,
upright.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from marcelle_nb.errors import ImageRejected

if TYPE_CHECKING:
    from numpy.typing import NDArray

RGB: TypeAlias = "NDArray[np.uint8]"

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 25_000_000
MAX_BYTES = 20_000_000
MAX_SIDE = 2_048
THUMBNAIL_WIDTH = 60

_CHANNELS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def decode(data: bytes) -> RGB:
    """Decode an image file held in memory.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG, WebP, GIF (first frame) or BMP file of at most 20 MB and 25 megapixels.

    Returns
    -------
    uint8, shape (height, width, 3)
        RGB, turned upright by its EXIF orientation; transparent parts on white.

    Raises
    ------
    ImageRejected
        If the bytes are too many, no image, of another format, too large, or damaged. Only the
        header is read before the limits are checked, so a small file cannot claim much memory.
    """
    data = bytes(data)
    if not data:
        raise ImageRejected("image: expected the bytes of a picture, got none")
    if len(data) > MAX_BYTES:
        raise ImageRejected(f"image: expected at most {MAX_BYTES:,} bytes, got {len(data):,}")
    try:
        # What Pillow warns of stays visible: silencing warnings is not safe on several threads.
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check_size(*picture.size)
            return _upright(picture)
    except ImageRejected:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, over seven times ours
        raise ImageRejected(
            f"image: expected at most {MAX_PIXELS:,} pixels, got many times as many"
        ) from None
    except UnidentifiedImageError:
        names = ", ".join(FORMATS)
        raise ImageRejected(f"image: expected one of {names}, got bytes of another kind") from None
    except Exception as error:  # Pillow's decoders raise many types on damaged files
        raise ImageRejected(
            f"image: expected a whole picture, got a damaged one ({error})"
        ) from error


def as_rgb(image: Any) -> RGB:
    """Turn an image object into the package's form.

    Parameters
    ----------
    image : array_like of shape (height, width), (height, width, 1 to 4), or PIL.Image.Image
        Whole numbers from 0 to 255. Gray is repeated, an alpha channel is laid on white.

    Returns
    -------
    uint8, shape (height, width, 3)
        The same array where it already has this form; treat it as read-only.

    Raises
    ------
    ImageRejected
        If the shape, the type or the range is another.
    """
    if isinstance(image, Image.Image):
        _check_size(*image.size)
        try:
            return _upright(image)
        except (OSError, ValueError) as error:  # a file cut off, a mode without a way to RGB
            raise ImageRejected(f"image: expected a picture with colors, {error}") from error
    if image is None or isinstance(image, str | bytes):
        raise ImageRejected(f"image: expected the pixels of a picture, got {image!r:.80}")
    try:
        pixels = np.asarray(image)
    except ValueError as error:
        raise ImageRejected(f"image: expected an array of numbers, {error}") from error
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in _CHANNELS or 0 in pixels.shape:
        shape = np.shape(image)
        raise ImageRejected(
            f"image: expected shape (height, width), or (height, width, 1 to 4), got {shape}"
        )
    pixels = _as_bytes(pixels)
    if pixels.shape[2] == 3:
        return pixels
    squeezed = np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return _upright(Image.fromarray(squeezed, _CHANNELS[pixels.shape[2]]))


def is_image(value: Any) -> bool:
    """Say whether `value` is an image: a PIL.Image, or uint8 of shape (height, width, 3 or 4)."""
    if isinstance(value, Image.Image):
        return True
    is_bytes = isinstance(value, np.ndarray) and value.dtype == np.uint8
    return is_bytes and value.ndim == 3 and value.shape[2] in (3, 4)


def resize(image: RGB, width: int, height: int, *, gap: float = 2.0) -> RGB:
    """Stretch an image to `width` by `height` pixels, averaging when it shrinks.

    From so many times that size on, `gap`, it is averaged in cheap whole steps first.
    """
    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=gap))


def cover(image: RGB, width: int, height: int) -> RGB:
    """Scale, and cut out the middle, to fill `width` by `height` pixels without distortion."""
    given_height, given_width = image.shape[:2]
    scale = min(given_width / width, given_height / height)
    cut_width, cut_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (given_width - cut_width) // 2, (given_height - cut_height) // 2
    return resize(image[top : top + cut_height, left : left + cut_width], width, height)


def shrink(image: RGB, longest_side: int = MAX_SIDE) -> RGB:
    """Scale an image down, in proportion, to at most `longest_side` pixels on its longest side."""
    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return image
    return resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def encode_jpeg(image: RGB, quality: int = 85) -> bytes:
    """Write an image as a JPEG file in memory; `quality` from 1 to 95."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def thumbnail(image: Any) -> str:
    """Make the small preview that an instance carries.

    Parameters
    ----------
    image : array_like or PIL.Image.Image
        What `as_rgb` takes.

    Returns
    -------
    str
        A `data:image/jpeg;base64,` URL of a picture 60 pixels wide, its height in proportion.
    """
    pixels = as_rgb(image)
    height = max(1, round(THUMBNAIL_WIDTH * pixels.shape[0] / pixels.shape[1]))
    small = encode_jpeg(resize(pixels, THUMBNAIL_WIDTH, min(height, 4 * THUMBNAIL_WIDTH)), 80)
    return "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or width * height == 0:
        raise ImageRejected(
            f"image: expected 1 to {MAX_PIXELS:,} pixels, "
            f"got {width} x {height} = {width * height:,}"
        )


def _as_bytes(pixels: NDArray[Any]) -> RGB:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    if pixels.dtype.kind not in "iuf":
        raise ImageRejected(f"image: expected numbers from 0 to 255, got type {pixels.dtype}")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 255):  # also false for NaN
        raise ImageRejected(f"image: expected numbers from 0 to 255, got {low} to {high}")
    if pixels.dtype.kind == "f":
        # 0.5 is as likely gray in [0, 1] as nearly black in [0, 255]: guessing would be silently
        # wrong
        if high <= 1 and np.any(pixels % 1):
            raise ImageRejected(
                "image: expected numbers from 0 to 255, "
                "got fractions from 0 to 1: multiply by 255 first"
            )
        pixels = np.round(pixels)
    return pixels.astype(np.uint8)


def _upright(picture: Image.Image) -> RGB:
    turned = ImageOps.exif_transpose(picture)
    # Pillow's own conversions would clip, not scale or refuse
    if turned.mode.startswith("I;16"):
        turned = Image.fromarray((np.asarray(turned) // 257).astype(np.uint8))
    elif turned.mode in {"I", "F"}:
        turned = Image.fromarray(_as_bytes(np.asarray(turned)))
    elif turned.has_transparency_data:
        turned = turned.convert("RGBA")
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned)
    return np.asarray(turned.convert("RGB"))
