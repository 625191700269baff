"""What users pass as a picture: read as they expect, or refused with a message on what to do."""

import inspect
import io
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image

from sam_explore import images

as_picture = inspect.unwrap(images.as_picture)  # as users have it, without the suite's checks

RGB = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
GREY = RGB[..., 0]


def repeated(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=2)


def test_a_pasted_path_and_a_file_address_open(tmp_path):
    Image.new("RGB", (3, 2), (9, 8, 7)).save(tmp_path / "my cat.png")
    for given in (f'"{tmp_path}/my cat.png"', (tmp_path / "my cat.png").as_uri()):
        assert as_picture(given).shape == (2, 3, 3)


def test_an_array_of_the_right_kind_is_itself_and_no_copy():
    assert as_picture(RGB) is RGB


@pytest.mark.parametrize(
    ("image", "picture"),
    [
        (GREY, repeated(GREY)),
        (GREY[..., None], repeated(GREY)),
        (np.moveaxis(RGB, 2, 0), RGB),
        (RGB.astype(np.int64), RGB),
        (RGB.astype(np.uint16), RGB),  # 8 bits in a wider type
        (RGB / 255, RGB),
        ((RGB / 255).astype(np.float32), RGB),
        ((RGB / 255).astype(np.float16), RGB),
        (RGB / 255 + 1e-6, RGB),  # rounding above 1
        (RGB.astype(np.uint16) * 257, RGB),
        ((RGB.astype(np.uint16) * 257).astype(">u2"), RGB),
        ((RGB / 255).astype(">f4"), RGB),
        (np.ma.array(RGB), RGB),
        (np.asfortranarray(RGB), RGB),
        (RGB[::-1, ::-1][::-1, ::-1], RGB),
        (GREY > 100, repeated(np.where(GREY > 100, 255, 0).astype(np.uint8))),
        (torch.tensor(RGB), RGB),
        (torch.tensor(RGB).permute(2, 0, 1), RGB),
        (torch.tensor(RGB / 255).permute(2, 0, 1).requires_grad_(), RGB),
        (torch.tensor(GREY), repeated(GREY)),
        (np.zeros((3, 4), np.float64), np.zeros((3, 4, 3), np.uint8)),
        (RGB[:1, :1], RGB[:1, :1]),
        (RGB[:, :1], RGB[:, :1]),
        (GREY[:, :1], repeated(GREY[:, :1])),
    ],
)
def test_arrays_and_tensors(image, picture):
    found = as_picture(image)

    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, picture)


def test_bfloat16_has_three_digits_and_is_taken():
    found = as_picture(torch.tensor(RGB / 255).permute(2, 0, 1).bfloat16())

    assert np.abs(found.astype(int) - RGB).max() <= 1


def test_where_the_channels_could_be_on_both_sides_arrays_have_them_last_and_tensors_first():
    both = np.arange(3 * 4 * 3, dtype=np.uint8).reshape(3, 4, 3)

    np.testing.assert_array_equal(as_picture(both), both)
    np.testing.assert_array_equal(as_picture(torch.tensor(both)), np.moveaxis(both, 0, 2))


def test_what_is_transparent_comes_out_white():
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)

    # Half of black on white: 255 x 127 / 255.
    expected = [[[10, 20, 30], [255, 255, 255], [127, 127, 127]]]
    assert as_picture(rgba).tolist() == expected
    assert as_picture(Image.fromarray(rgba)).tolist() == expected
    assert as_picture(rgba / 255).tolist() == expected
    grey_alpha = rgba[..., [0, 3]]
    assert as_picture(grey_alpha).tolist() == [[[10] * 3, [255] * 3, [127] * 3]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_every_kind_of_pillows_pictures_is_taken(mode):
    image = Image.fromarray(RGB).convert(mode)

    np.testing.assert_array_equal(as_picture(image), np.asarray(image.convert("RGB")))


def test_a_palette_with_a_transparent_colour_is_white_there():
    image = Image.fromarray(np.array([[0, 1]], np.uint8), mode="P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.info["transparency"] = 1

    assert as_picture(image).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_a_file_may_be_given_by_a_string_or_a_path(tmp_path, monkeypatch):
    path = tmp_path / "a picture.png"
    Image.fromarray(RGB).save(path)
    monkeypatch.setenv("HOME", str(tmp_path))

    for name in (path, str(path), "~/a picture.png"):
        np.testing.assert_array_equal(as_picture(name), RGB)


def test_sixteen_bits_of_a_file_are_brought_to_eight(tmp_path):
    deep = GREY.astype(np.uint16) * 257
    deep[0, 0] = 65535
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(deep.astype(np.int32)).save(tmp_path / "deep.tif")
    grey = GREY.copy()
    grey[0, 0] = 255

    for name in ("deep.png", "deep.tif"):
        np.testing.assert_array_equal(as_picture(tmp_path / name), repeated(grey))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_photo_is_turned_as_a_viewer_shows_it(tmp_path, orientation):
    from PIL import ImageOps

    image = Image.fromarray(RGB)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)

    found = as_picture(tmp_path / "turned.png")

    shown = ImageOps.exif_transpose(Image.open(tmp_path / "turned.png"))
    np.testing.assert_array_equal(found, np.asarray(shown))
    assert found.shape == ((5, 6, 3) if orientation >= 5 else (6, 5, 3))
    if orientation == 6:  # taken with the camera on its side: the first row is the last column
        np.testing.assert_array_equal(found[:, -1], RGB[0])


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (
            RGB * 1.0,
            r"from 0 to 1 where it holds floats, but is float64 from \d+ to \d+\. .*astype",
        ),
        (RGB / 127.5 - 1, "if they were normalised, give the picture from before"),
        (np.full((4, 4, 3), np.nan), "holds NaN or infinity"),
        (np.array([[0.1, np.inf]]), "holds NaN or infinity"),
        (RGB.astype(np.uint16) * 10, r"must use its 16 bits, .* almost black"),
        (RGB.astype(int) - 200, r"from 0 to 255 where it holds whole numbers, but is int64 from -"),
        (RGB.astype(np.int32) * 9, r"image - image\.min\(\)"),
        (RGB.astype(complex), "holds complex128"),
        (RGB.astype(str), "holds <U"),
        (np.zeros((0, 4, 3), np.uint8), r"no pixels at all: its shape is \(0, 4, 3\)"),
        (np.zeros(0), "no pixels at all"),
        (RGB[None], r"It looks like a batch; one picture of it is image\[0\]"),
        (np.zeros((7, 8, 9), np.uint8), r"1 to 4 channels, but is of shape \(7, 8, 9\)"),
        (np.zeros(5, np.uint8), r"but is of shape \(5,\)"),
        (np.uint8(3), r"but is of shape \(\)"),
        (np.ma.masked_equal(RGB, RGB[0, 0, 0]), r"masked pixels.* image\.filled\(value\)"),
        (torch.ones(4, 4).to_sparse(), "must be a tensor of numbers, one for each place"),
        (torch.ones(4, 4, device="meta"), "must be a tensor of numbers, one for each place"),
    ],
)
def test_other_numbers_and_shapes_are_refused_in_words(image, words):
    with pytest.raises(ValueError, match=words):
        as_picture(image)


@pytest.mark.parametrize(
    "image", [RGB * 1.0, RGB.astype(np.int32) * 9, RGB.astype(np.uint16) * 10, RGB[None]]
)
def test_the_advice_of_a_refusal_works(image):
    with pytest.raises(ValueError, match="image") as refused:
        as_picture(image)
    code = next(
        part
        for part in (
            "image.clip(0, 255).astype(np.uint8)",
            "(image - image.min()) / (image.max() - image.min())",
            "image / 65535",
            "image[0]",
        )
        if part in str(refused.value)
    )
    assert as_picture(eval(code, {"np": np, "image": image})).shape == RGB.shape


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b"\x89PNG", r"but is a bytes\. Pillow reads bytes"),
        ([[0, 1]], r"but is a list\. An array is made by np\.array"),
        (None, r"a PIL image or a torch tensor, but is a NoneType\. cv2\.imread gives None for a"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(image, words):
    with pytest.raises(TypeError, match=words):
        as_picture(image)


@pytest.mark.parametrize(
    "address", ["https://a.org/b.jpg", "s3://b/c.png", "data:image/png;base64,"]
)
def test_nothing_is_fetched_from_the_web(address):
    with pytest.raises(ValueError, match=r"nothing is fetched from the web here\. Save"):
        as_picture(address)


def test_a_file_that_is_not_there_or_no_picture_or_broken_is_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no picture at .*nowhere\.png.* seen from"):
        as_picture(tmp_path / "nowhere.png")
    (tmp_path / "words.txt").write_text("no picture")
    buffer = io.BytesIO()
    Image.fromarray(np.tile(RGB, (50, 50, 1))).save(buffer, "PNG")
    (tmp_path / "broken.png").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(ValueError, match="is a folder"):
        as_picture(tmp_path)
    for name in ("words.txt", "broken.png"):
        with pytest.raises(ValueError, match="is no picture that Pillow can read"):
            as_picture(tmp_path / name)


def test_a_large_picture_of_floats_takes_no_large_copy():
    large = np.broadcast_to(np.float64(0.5), (3000, 2000, 3))  # 144 MB if it were all there
    tracemalloc.start()
    found = as_picture(large)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found == 128).all()
    assert peak < found.nbytes + 100 * 2**20


def test_a_files_content_is_read_as_the_file_is_and_named_in_errors():
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG")
    assert np.array_equal(images.picture_in(file.getvalue(), "mine.png"), RGB)
    for broken in (file.getvalue()[:60], b"", b"text"):
        with pytest.raises(ValueError, match=r"mine\.png is no picture that Pillow can read"):
            images.picture_in(broken, "mine.png")
