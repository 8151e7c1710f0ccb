import io
import struct
import subprocess
import sys
import textwrap
import warnings
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from marcelle_nb import image
from marcelle_nb.errors import ImageRejected
from tests.at_once import at_once

RED, WHITE, BLUE = (255, 0, 0), (255, 255, 255), (0, 0, 255)


def file_of(picture, format="PNG", **options):
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def solid(mode="RGB", color=RED, size=(6, 4)):
    return Image.new(mode, size, color)


def noise(width=64, height=48):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks):
    """Write a PNG by hand, gray, 8 bits; it may claim anything."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + png_chunk(b"IEND", b"")


def is_rgb(pixels):
    return pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3


# decode


@pytest.mark.parametrize("format", image.FORMATS)
def test_every_format_is_decoded(format):
    options = {"lossless": True} if format == "WEBP" else {}
    pixels = image.decode(file_of(solid(), format, **options))
    assert pixels.shape == (4, 6, 3)
    assert np.abs(pixels.astype(int) - RED).max() <= 2


@pytest.mark.parametrize("format", ["TIFF", "ICO", "PPM", "TGA", "PCX"])
def test_other_formats_are_refused(format):
    with pytest.raises(ImageRejected, match="expected one of JPEG, PNG, WEBP, GIF, BMP"):
        image.decode(file_of(solid(), format))


@pytest.mark.parametrize("data", [b"", b"\0", b"<svg/>", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ImageRejected, match=r"^image: expected"):
        image.decode(data)


def test_too_many_bytes_are_refused_unread():
    with pytest.raises(ImageRejected, match="expected at most 20,000,000 bytes, got 20,000,001"):
        image.decode(bytes(image.MAX_BYTES + 1))


@pytest.mark.parametrize("wrap", [bytearray, memoryview])
def test_all_kinds_of_bytes_are_taken(wrap):
    assert image.decode(wrap(file_of(solid()))).shape == (4, 6, 3)


@pytest.mark.parametrize("format", image.FORMATS)
@pytest.mark.filterwarnings("ignore")
def test_a_file_cut_off_anywhere_is_decoded_or_refused(format):
    whole = file_of(Image.fromarray(noise()), format)
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        try:
            pixels = image.decode(whole[:length])
        except ImageRejected:
            continue
        assert pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP"])
def test_half_a_file_is_refused(format):
    whole = file_of(Image.fromarray(noise()), format)
    with pytest.raises(ImageRejected):
        image.decode(whole[: len(whole) // 2])


@given(st.binary(max_size=300))
@example(png(1, 1))
@example(png(0, 5))
@example(b"BM" + bytes(60))
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_are_decoded_or_refused(data):
    with suppress(ImageRejected):
        assert is_rgb(image.decode(data))


@given(st.sampled_from(image.FORMATS), st.data())
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore")
def test_any_damage_is_decoded_or_refused(format, data):
    whole = bytearray(file_of(solid(size=(20, 10)), format))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(ImageRejected):
        assert is_rgb(image.decode(bytes(whole)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_orientation_that_a_camera_noted_is_applied(orientation, format):
    upright = Image.new("RGB", (32, 16), "white")
    upright.paste(RED, (0, 0, 16, 8))  # the top left quarter
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose values
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    pixels = image.decode(file_of(stored, format, exif=exif, **options))
    assert pixels.shape == (16, 32, 3)
    assert np.abs(pixels[4, 8].astype(int) - RED).max() < 30
    assert np.abs(pixels[12, 24].astype(int) - WHITE).max() < 30


def test_an_orientation_that_does_not_exist_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 77
    assert image.decode(file_of(solid(), "JPEG", exif=exif)).shape == (4, 6, 3)


@pytest.mark.filterwarnings("ignore")
def test_damaged_notes_of_a_camera_do_not_cost_the_picture():
    notes = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 40
    assert image.decode(file_of(solid(), "JPEG", exif=notes)).shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("picture", "color"),
    [
        (solid("RGBA", (255, 0, 0, 255)), RED),
        (solid("RGBA", (255, 0, 0, 0)), WHITE),
        (solid("LA", (0, 0)), WHITE),
        (solid("LA", (0, 255)), (0, 0, 0)),
        (solid("L", 77), (77, 77, 77)),
        (solid("1", 1), WHITE),
        (solid("P", 0), (0, 0, 0)),
        (solid("I;16", 0xFFFF), WHITE),
        (solid("I;16", 0x8080), (128, 128, 128)),
    ],
    ids=["opaque", "clear", "clear gray", "gray", "L", "bits", "palette", "white 16", "gray 16"],
)
def test_every_kind_of_png_becomes_rgb(picture, color):
    pixels = image.decode(file_of(picture))
    assert pixels.shape == (4, 6, 3)
    assert tuple(pixels[0, 0]) == color


def test_a_palette_with_a_transparent_color_lies_on_white():
    picture = solid("RGB").quantize()
    pixels = image.decode(file_of(picture, transparency=picture.getpixel((0, 0))))
    assert tuple(pixels[0, 0]) == WHITE


def test_a_cmyk_jpeg_becomes_rgb():
    pixels = image.decode(file_of(solid("CMYK", (0, 255, 255, 0)), "JPEG"))
    assert np.abs(pixels[0, 0].astype(int) - RED).max() < 5


def test_a_gray_jpeg_becomes_rgb():
    assert image.decode(file_of(solid("L", 100), "JPEG")).shape == (4, 6, 3)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_of_a_film_the_first_picture_is_taken(format):
    frames = [solid("RGB", BLUE)] + [solid("RGB", RED)] * 3
    options = {"lossless": True} if format == "WEBP" else {}
    data = file_of(
        frames[0], format, save_all=True, append_images=frames[1:], duration=50, **options
    )
    assert tuple(image.decode(data)[0, 0]) == BLUE


def long_film(format):
    """Make a film of 10,000 frames of 500 x 500 pixels: 7.5 GB if all of them were decoded."""
    if format == "GIF":
        data = file_of(Image.new("P", (500, 500)), "GIF")
        start = data.rindex(b",", 0, -10)  # where its one picture begins
        return data[:start] + data[start:-1] * 10_000 + b";"
    rows = zlib.compress(bytes(501 * 500), 9)
    chunks, sequence = [png_chunk(b"acTL", struct.pack(">II", 10_000, 0))], 0
    for frame in range(10_000):
        control = struct.pack(">IIIIIHHBB", sequence, 500, 500, 0, 0, 1, 20, 0, 0)
        chunks.append(png_chunk(b"fcTL", control))
        sequence += 1
        body = rows if frame == 0 else struct.pack(">I", sequence) + rows
        chunks.append(png_chunk(b"fdAT" if frame else b"IDAT", body))
        sequence += bool(frame)
    return png(500, 500, *chunks)


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_a_film_of_ten_thousand_frames_costs_no_more_than_one(format, monkeypatch):
    canvases: list[Any] = []  # every frame of a film gets one
    core: Any = vars(Image)["core"]
    fill = core.fill

    def counted(*arguments):
        canvases.append(arguments)
        return fill(*arguments)

    monkeypatch.setattr(core, "fill", counted)
    data = long_film(format)
    assert len(data) < image.MAX_BYTES
    assert image.decode(data).shape == (500, 500, 3)
    assert len(canvases) < 10


@pytest.mark.parametrize("side", [5_001, 9_000, 12_000, 50_000, 2**31 - 1])
@pytest.mark.filterwarnings("ignore")
def test_a_picture_that_claims_too_many_pixels_is_refused(side):
    with pytest.raises(ImageRejected, match="image: expected"):
        image.decode(png(side, side, png_chunk(b"IDAT", zlib.compress(b"\0"))))


@pytest.mark.skipif(sys.platform == "win32", reason="measures memory with a Unix call")
@pytest.mark.parametrize("side", [9_000, 12_000])
def test_refusing_a_bomb_takes_little_memory(side):
    code = f"""
        import io, resource, sys, warnings, zlib
        from tests.test_image import image, png, png_chunk, ImageRejected
        deflate = zlib.compressobj(9)
        row = bytes({side} + 1)
        data = b"".join(deflate.compress(row) for _ in range({side})) + deflate.flush()
        bomb = png({side}, {side}, png_chunk(b"IDAT", data))
        def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        image.decode(png(1, 1, png_chunk(b"IDAT", zlib.compress(bytes(2)))))
        before = peak()
        warnings.simplefilter("ignore")
        try:
            image.decode(bomb)
        except ImageRejected:
            print((peak() - before) // (1024 * 1024 if sys.platform == "darwin" else 1024))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(answer.stdout) < 100


def test_decoding_on_two_threads_leaves_the_filters_of_warnings_alone():
    data = file_of(solid())
    before = list(warnings.filters)
    at_once(*[lambda: [image.decode(data) for _ in range(200)]] * 2)
    assert warnings.filters == before


# as_rgb


def test_an_rgb_array_is_given_back_as_it_is():
    pixels = noise()
    assert image.as_rgb(pixels) is pixels


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1)])
def test_gray_is_repeated(shape):
    assert (image.as_rgb(np.full(shape, 9, np.uint8)) == 9).all()


@pytest.mark.parametrize("alpha", [0, 255])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_laid_on_white(channels, alpha):
    pixels = np.full((4, 6, channels), alpha, np.uint8)
    pixels[:, :, :-1] = 50
    assert image.as_rgb(pixels)[0, 0, 0] == (50 if alpha else 255)


@pytest.mark.parametrize(
    ("given_array", "value"),
    [
        (np.full((2, 2), 200, np.int64), 200),
        (np.full((2, 2), 199.6), 200),
        (np.full((2, 2), True), 255),
        (np.full((2, 2), 1.0), 1),
        ([[7, 7], [7, 7]], 7),
    ],
)
def test_whole_numbers_of_any_type_are_taken(given_array, value):
    assert (image.as_rgb(given_array) == value).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.full((2, 2), 256),
        np.full((2, 2), -1),
        np.full((2, 2), np.nan),
        np.full((2, 2), np.inf),
        np.full((2, 2), 0.5),
        np.full((2, 2), 1j),
        np.full((2, 2), "a"),
        np.full((2, 2, 5), 1, np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        [[1, 2], [3]],
        [[None]],
        "picture.png",
        b"abc",
        None,
        3,
        pytest.param(object(), id="object"),
    ],
    ids=lambda bad: f"{type(bad).__name__} {np.shape(bad) if isinstance(bad, np.ndarray) else bad}"[
        :40
    ],
)
def test_what_is_no_image_is_refused(bad):
    with pytest.raises(ImageRejected, match=r"^image: expected"):
        image.as_rgb(bad)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"]
)
def test_every_mode_of_pillow_becomes_rgb(mode):
    assert image.as_rgb(Image.new(mode, (6, 4))).shape == (4, 6, 3)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_in_a_pillow_image_follow_the_rule_of_arrays(mode):
    assert tuple(image.as_rgb(Image.new(mode, (6, 4), 200))[0, 0]) == (200, 200, 200)
    with pytest.raises(ImageRejected, match="expected numbers from 0 to 255"):
        image.as_rgb(Image.new(mode, (6, 4), 300))


def test_a_mode_that_cannot_be_converted_is_refused():
    with pytest.raises(ImageRejected, match=r"^image: expected"):
        image.as_rgb(Image.new("La", (6, 4)))


def test_a_pillow_image_whose_file_is_cut_off_is_refused():
    whole = file_of(Image.fromarray(noise()))
    with pytest.raises(ImageRejected, match=r"^image: expected"):
        image.as_rgb(Image.open(io.BytesIO(whole[: len(whole) // 2])))


def test_a_pillow_image_that_is_too_large_is_refused_unread():
    with pytest.raises(ImageRejected, match="expected 1 to 25,000,000 pixels"):
        image.as_rgb(Image.open(io.BytesIO(png(6_000, 6_000))))


def test_a_pillow_image_is_left_as_it_was():
    picture = Image.open(io.BytesIO(file_of(solid(), "JPEG")))
    image.as_rgb(picture)
    assert (picture.size, picture.mode) == ((6, 4), "RGB")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (noise(), True),
        (solid(), True),
        (np.zeros((2, 2, 3)), False),
        (np.zeros(3), False),
        ("a", False),
    ],
)
def test_an_image_is_known_by_its_form(value, answer):
    assert image.is_image(value) is answer


# Sizes


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 50), st.integers(1, 50))
def test_resize_and_cover_give_the_size_asked_for(width, height, new_width, new_height):
    pixels = noise(width, height)
    assert image.resize(pixels, new_width, new_height).shape == (new_height, new_width, 3)
    assert image.cover(pixels, new_width, new_height).shape == (new_height, new_width, 3)


@given(st.integers(1, 300), st.integers(1, 300))
def test_shrink_keeps_the_proportions(width, height):
    small = image.shrink(noise(width, height), 50)
    scale = min(1, 50 / max(width, height))
    assert max(small.shape) <= max(50, 3)
    assert abs(small.shape[0] - height * scale) <= 1
    assert abs(small.shape[1] - width * scale) <= 1


def test_a_small_image_is_not_shrunk():
    pixels = noise()
    assert image.shrink(pixels, 64) is pixels


def test_cover_cuts_out_the_middle():
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255
    assert (image.cover(pixels, 10, 10) == 255).all()


# JPEG and thumbnails


def test_a_jpeg_that_was_written_is_read_again():
    pixels = np.full((20, 30, 3), 120, np.uint8)
    assert np.abs(image.decode(image.encode_jpeg(pixels)).astype(int) - pixels).max() < 3


def test_a_slice_of_an_array_is_written():
    assert image.decode(image.encode_jpeg(noise()[::2, ::-2])).shape == (24, 32, 3)


@given(st.integers(1, 400), st.integers(1, 400))
@example(1, 5_000)
@example(5_000, 1)
@settings(max_examples=30)
def test_a_thumbnail_is_sixty_pixels_wide(width, height):
    import base64

    prefix, data = image.thumbnail(noise(width, height)).split(",")
    assert prefix == "data:image/jpeg;base64"
    shape = image.decode(base64.b64decode(data)).shape
    assert shape[1] == 60
    assert shape[0] <= 240


def test_a_thumbnail_is_made_of_whatever_is_an_image():
    assert image.thumbnail(solid()) == image.thumbnail(np.asarray(solid()))
