"""Files of pictures: read completely, refused if ambiguous, and checked by header first.

The reference for what 16 bits are is the same numbers as an array.
"""

import inspect
import io
import os
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

import sam_explore
from sam_explore import images, picture_files

from .raster_files import bomb_png, write_png, write_tiff

as_picture = inspect.unwrap(images.as_picture)

DEEP = np.random.default_rng(1).integers(0, 65536, (6, 5, 4), dtype=np.uint16)
TWELVE = DEEP >> 4  # a scanner's 12 bits
OPAQUE = np.concatenate([TWELVE[..., :3], np.full_like(TWELVE[..., :1], 65535)], axis=2)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_a_png_of_16_bits_is_what_its_numbers_are_in_an_array(tmp_path, channels):
    levels = DEEP[..., :channels]
    path = write_png(tmp_path / "deep.png", levels)

    np.testing.assert_array_equal(images.read_levels(path), levels)
    np.testing.assert_array_equal(as_picture(path), as_picture(levels))
    np.testing.assert_array_equal(images.picture_in(path.read_bytes(), "it"), as_picture(levels))


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("channels", "extra"), [(3, None), (4, 2)])
def test_a_tiff_of_16_bits_is_what_its_numbers_are_in_an_array(
    tmp_path, order, deflate, channels, extra
):
    levels = DEEP[..., :channels]
    path = write_tiff(tmp_path / "deep.tif", levels, order=order, deflate=deflate, extra=extra)

    np.testing.assert_array_equal(images.read_levels(path), levels)
    np.testing.assert_array_equal(as_picture(path), as_picture(levels))


def test_colours_that_were_multiplied_by_their_opacity_come_back(tmp_path):
    levels = np.array([[[20000, 10000, 0, 32768], [5, 5, 5, 0], [65535, 1, 2, 65535]]], np.uint16)
    path = write_tiff(tmp_path / "dimmed.tif", levels, extra=1)

    found = images.read_levels(path)

    assert found[0, 0].tolist() == [20000 * 65535 // 32768, 10000 * 65535 // 32768, 0, 32768]
    assert found[0, 2].tolist() == [65535, 1, 2, 65535]
    assert as_picture(path)[0, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("write", [write_png, write_tiff])
def test_twelve_of_sixteen_bits_are_refused_as_in_an_array_and_the_advice_works(tmp_path, write):
    path = write(tmp_path / "scan", TWELVE[..., :3])

    with pytest.raises(ValueError, match=r"must use its 16 bits.* almost black") as refused:
        as_picture(path)

    code = str(refused.value)
    assert "image / 65535" in code
    image = eval(code.rpartition("image = ")[2].rstrip("."), {"sam_explore": sam_explore})
    np.testing.assert_array_equal(image, TWELVE[..., :3])
    assert as_picture(image / 4095).mean() > 100


def test_opacity_does_not_hide_that_the_colours_are_almost_black(tmp_path):
    for picture in (OPAQUE, write_png(tmp_path / "scan.png", OPAQUE)):
        with pytest.raises(ValueError, match=r"almost black.* image\[\.\.\., :-1\] / 65535"):
            as_picture(picture)
    black = OPAQUE * np.array([0, 0, 0, 1], np.uint16)
    assert not as_picture(black).any()  # nothing to be unsure of


def test_one_transparent_colour_of_16_bits_comes_out_white(tmp_path):
    levels = DEEP[..., :3].copy()
    levels[0, 0] = levels[0, 1] = (300, 40000, 5)
    levels[0, 1, 2] = 6  # the same in its upper bytes
    path = write_png(tmp_path / "keyed.png", levels, key=(300, 40000, 5))

    found = as_picture(path)

    assert found[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(found[0, 1:], as_picture(levels)[0, 1:])


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_deep_picture_is_turned_as_a_viewer_shows_it(tmp_path, orientation):
    path = write_tiff(tmp_path / "turned.tif", DEEP[..., :3], orientation=orientation)

    turned = np.rot90(DEEP[..., :3], {3: 2, 6: -1}[orientation])
    np.testing.assert_array_equal(images.read_levels(path), turned)


def test_what_pillow_has_opened_and_not_yet_read_is_read_whole(tmp_path):
    path = write_png(tmp_path / "deep.png", DEEP[..., :3])

    with Image.open(path) as image:
        np.testing.assert_array_equal(as_picture(image), as_picture(DEEP[..., :3]))
        assert image.getpixel((0, 0)) == tuple(DEEP[0, 0, :3] >> 8)  # and goes on working


def test_a_deep_tiff_that_pillow_has_cut_already_is_refused(tmp_path):
    path = write_tiff(tmp_path / "deep.tif", DEEP[..., :3])

    with Image.open(path) as image:
        image.load()
        with pytest.raises(ValueError, match=r"of which Pillow has kept 8\. Give its path"):
            as_picture(image)


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
def test_four_bands_that_do_not_say_opacity_are_asked_about(tmp_path, bits):
    levels = (DEEP >> (16 - 8 * np.dtype(bits).itemsize)).astype(bits)
    path = write_tiff(tmp_path / "infrared.tif", levels)

    with (
        Image.open(path) as image,
        pytest.raises(ValueError, match="does not say whether the fourth is opacity"),
    ):
        as_picture(image)
    with pytest.raises(ValueError, match=r"near-infrared.* levels = .*read_levels\(path\)"):
        as_picture(path)

    found = images.read_levels(path)  # as the advice says
    np.testing.assert_array_equal(found, levels)
    np.testing.assert_array_equal(as_picture(found[..., :3]), as_picture(levels[..., :3]))


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
def test_a_fourth_band_that_says_it_is_something_else_is_left_out(tmp_path, bits):
    levels = (DEEP >> (16 - 8 * np.dtype(bits).itemsize)).astype(bits)
    path = write_tiff(tmp_path / "infrared.tif", levels, extra=0)

    np.testing.assert_array_equal(as_picture(path), as_picture(levels[..., :3]))


def test_deep_pictures_of_a_kind_that_is_not_read_whole_are_refused(tmp_path):
    planes = write_tiff(tmp_path / "planes.tif", DEEP[..., :3], planar=True)
    packed = write_tiff(tmp_path / "packed.tif", DEEP[..., :3], planar=True, deflate=True)
    inks = write_tiff(tmp_path / "inks.tif", DEEP, photometric=5)
    pixmap = tmp_path / "pixmap.ppm"
    pixmap.write_bytes(b"P6 5 6 65535\n" + DEEP[..., :3].astype(">u2").tobytes())
    for path in (planes, packed, inks, pixmap):
        with pytest.raises(ValueError, match=r"more than 8 bits a channel.* Save it as PNG or"):
            as_picture(path)


def test_jpeg2000_has_its_bits_in_its_header(tmp_path):
    path = tmp_path / "photo.jp2"
    Image.fromarray((DEEP[..., :3] >> 8).astype(np.uint8)).resize((40, 40)).save(path)
    assert as_picture(path).shape == (40, 40, 3)

    content = bytearray(path.read_bytes())
    place = content.index(b"\xff\x4f\xff\x51") + 42
    content[place] = 15  # 16 bits, unsigned
    path.write_bytes(content)
    with pytest.raises(ValueError, match="more than 8 bits a channel"):
        as_picture(path)


def test_bands_of_another_number_or_kind_are_distinguished_from_a_broken_file(tmp_path):
    five = np.concatenate([DEEP, DEEP[..., :1]], axis=2)
    for levels in (five, DEEP[..., :3].astype(np.float32)):
        with pytest.raises(ValueError, match=r"number of bands or bits .* tifffile or rasterio"):
            as_picture(write_tiff(tmp_path / "bands.tif", levels))


def test_a_grey_tiff_whose_zero_is_white_is_not_turned_into_its_negative(tmp_path):
    grey = DEEP[..., :1]
    path = write_tiff(tmp_path / "negative.tif", grey, photometric=0)

    np.testing.assert_array_equal(as_picture(path), as_picture(65535 - grey))


@pytest.mark.parametrize("mode", ["La", "LAB", "PA", "RGBX", "RGBa", "I;16B", "I;16L"])
def test_every_mode_that_pillow_has_is_taken(mode):
    image = Image.new(mode, (4, 3))

    assert as_picture(image).shape == (3, 4, 3)


def test_grey_with_its_opacity_multiplied_in_is_laid_on_white():
    image = Image.frombytes("La", (2, 1), bytes([100, 255, 0, 0]))

    assert as_picture(image)[0].tolist() == [[100] * 3, [255] * 3]


def test_pixels_are_counted_before_they_are_read(tmp_path):
    path = bomb_png(tmp_path / "bomb.png", 13377, 13377)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"13377 x 13377 pixels, 179 million, and at most 100"):
        as_picture(path)
    with pytest.raises(ValueError, match=r"as_picture\(path, most_pixels=None\)"):
        images.picture_in(path.read_bytes(), "bomb.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2**20


def test_an_upload_may_have_less_than_a_file(tmp_path):
    path = bomb_png(tmp_path / "large.png", 10_000, 9_000)

    with pytest.raises(ValueError, match="90 million, and at most 50 million"):
        images.picture_in(path.read_bytes(), "large.png")
    with pytest.raises(ValueError, match="no picture that Pillow can read"):  # it got that far
        as_picture(path)


def test_the_limit_is_an_argument_and_pillows_own_does_not_matter(tmp_path, monkeypatch):
    path = tmp_path / "photo.png"
    Image.new("RGB", (50, 40), "red").save(path)

    with pytest.raises(ValueError, match="50 x 40 pixels"):
        as_picture(path, most_pixels=1999)
    assert as_picture(path, most_pixels=2000).shape == (40, 50, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9)
    assert as_picture(path, most_pixels=None).shape == (40, 50, 3)


def test_nothing_but_pictures_formats_is_opened(tmp_path):
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n%%EndComments\nshowpage\n"
    for name, content in {
        "a.eps": postscript,
        "a.png": postscript,
        "a.xpm": b"/* XPM */\n",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=r"of no kind that is opened here\. PNG, JPEG, TIFF"):
            as_picture(tmp_path / name)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "JPEG2000"])
def test_what_photos_come_in_is_opened(tmp_path, kind):
    grey = np.full((40, 30, 3), 77, np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, kind)

    found = images.picture_in(file.getvalue(), "photo")

    assert np.abs(found.astype(int) - 77).max() <= 1


def test_pipes_and_devices_are_refused_without_reading(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")

    for path in (tmp_path / "pipe.png", Path("/dev/zero")):
        with pytest.raises(ValueError, match="no regular file, but a device or a pipe"):
            as_picture(path)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_no_broken_file_gets_out_another_error(tmp_path):
    whole = [
        write_png(tmp_path / "a.png", DEEP[..., :3]).read_bytes(),
        write_tiff(tmp_path / "a.tif", DEEP[..., :3]).read_bytes(),
        write_tiff(tmp_path / "b.tif", DEEP[..., :3], deflate=True).read_bytes(),
    ]
    random = np.random.default_rng(2)
    for content in whole:
        for _ in range(150):
            broken = bytearray(content)
            for place in random.integers(0, len(broken), 3):
                broken[place] = random.integers(256)
            with suppress(ValueError):
                images.picture_in(bytes(broken), "it")


def test_formats_are_those_that_the_words_name():
    assert picture_files.FORMATS[0] == "PNG"
    assert "EPS" not in picture_files.FORMATS


def test_of_several_deep_frames_the_one_that_pillow_is_at_is_taken(tmp_path):
    pages = [DEEP[..., :3], DEEP[::-1, :, :3]]
    with TiffImagePlugin.AppendingTiffWriter(tmp_path / "two.tif", True) as file:
        for page in pages:
            file.write(write_tiff(tmp_path / "one.tif", page).read_bytes())
            file.newFrame()

    with Image.open(tmp_path / "two.tif") as image:
        for number, page in reversed(list(enumerate(pages))):
            image.seek(number)
            np.testing.assert_array_equal(as_picture(image), as_picture(page))
