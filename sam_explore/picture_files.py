"""Reads the numbers in a picture's file, or in a Pillow image.

Pillow reads the files; `sixteen_bit_pictures` gets the bits that Pillow would drop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import IO, cast

import numpy as np
from jaxtyping import Shaped
from PIL import Image, ImageFile, UnidentifiedImageError

from .sixteen_bit_pictures import deep_levels, is_deep, is_deep_tiff, raw_mode, upright

MOST_PIXELS = 100_000_000
MOST_UPLOADED_PIXELS = 50_000_000  # who uploads a picture may not own the memory


# The formats that are opened: those of photos and rasters. Pillow would start Ghostscript for EPS.
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "JPEG2000", "AVIF")

_PHOTOMETRIC, _SAMPLES, _EXTRA = 262, 277, 338  # tags of TIFF


def levels_in_file(
    path: Path, most_pixels: int | None, *, ask_for_alpha: bool
) -> Shaped[np.ndarray, "height width *channel"]:
    """The numbers of a regular file. The arguments and errors are those of `levels_in`."""
    if not path.is_file():
        raise ValueError(
            f"{path} is no regular file, but a device or a pipe, which may never end. Give the "
            "path of a picture's file."
        )
    with _readable(str(path)):
        file = path.open("rb")
    with file:
        return levels_in(file, str(path), most_pixels, ask_for_alpha=ask_for_alpha)


def levels_in(
    file: BufferedIOBase, name: str, most_pixels: int | None, *, ask_for_alpha: bool
) -> Shaped[np.ndarray, "height width *channel"]:
    """The numbers of a file, oriented as a viewer would show it; a palette is looked up.

    Args:
        file: open for reading, at any position.
        name: for the errors.
        most_pixels: the largest number of pixels, None for no limit.
        ask_for_alpha: whether to refuse four bands if the file does not say that the fourth is
            opacity.

    Returns:
        One channel without an axis for it, in the file's type; or red, green, blue and perhaps
        opacity, uint8 or uint16.

    Raises:
        ValueError: no picture, one of a kind that is not read, or too many pixels.
    """
    with _readable(name):
        image = _opened(file)
    _check_size(image, name, most_pixels)
    _check_bands(image, name, ask_for_alpha)
    with _readable(name):
        return _levels(image, file, name)


def levels_of(image: Image.Image, most_pixels: int | None) -> Shaped[np.ndarray, "..."]:
    """The numbers of a Pillow image; if it was not read yet, it is read from its file."""
    name = getattr(image, "filename", "") or "image"
    if isinstance(image, ImageFile.ImageFile):
        _check_bands(image, name, ask_for_alpha=True)
        if image.tile and image.fp is not None:
            _check_size(image, name, most_pixels)
            with _readable(name):
                return _levels(image, _content_of(image), name)
        if is_deep_tiff(image):
            raise _Refused(
                f"{name} has 16 bits a channel, of which Pillow has kept 8. Give its path instead."
            )
    with _readable(name):
        return _loaded(image)


class _Refused(ValueError):
    """An error that already has our message."""


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn any error inside into one that says that the file can't be read."""
    try:
        yield
    except (_Refused, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise _Refused(
            f"{name} is no picture that Pillow can read: {error}. {_KINDS} can be read."
        ) from error
    except Exception as error:  # a broken file makes a decoder raise almost anything
        raise _Refused(
            f"{name} is no picture that Pillow can read: {error}. PNG and JPEG files can be read."
        ) from error


_KINDS = f"{', '.join(FORMATS[:-1])} and {FORMATS[-1]} files"


def _opened(file: BufferedIOBase) -> ImageFile.ImageFile:
    """Read the file's header. Image.open would stop at Pillow's own limit of pixels, not ours."""
    Image.init()
    file.seek(0)
    head = file.read(16)
    for kind in FORMATS:
        if kind not in Image.OPEN:  # a Pillow built without it
            continue
        make, accepts = Image.OPEN[kind]
        if accepts is None or accepts(head) is True:
            file.seek(0)
            try:
                return make(cast(IO[bytes], file), "")
            except SyntaxError as error:
                raise UnidentifiedImageError(_why_not(kind, error)) from error
    raise UnidentifiedImageError("its content is of no kind that is opened here")


def _opened_at(file: BufferedIOBase, frame: int) -> ImageFile.ImageFile:
    """The same at one of several frames, counted from 0."""
    image = _opened(file)
    if frame:
        image.seek(frame)
    return image


def _why_not(kind: str, error: SyntaxError) -> str:
    if kind == "TIFF" and "pixel mode" in str(error):
        return (
            "it is a TIFF whose number of bands or bits Pillow does not know. tifffile or rasterio "
            "reads it; give three of its bands as an array"
        )
    return f"it begins as {kind}, and goes on otherwise ({error})"


def _check_size(image: Image.Image, name: str, most_pixels: int | None) -> None:
    width, height = image.size
    if most_pixels is not None and width * height > most_pixels:
        raise _Refused(
            f"{name} has {width} x {height} pixels, {width * height / 1e6:,.0f} million, and at "
            f"most {most_pixels / 1e6:,.0f} million are read, since a small file can fill the "
            "memory. Make it smaller; or, if you trust it, lift the limit where you have its path: "
            "sam_explore.images.as_picture(path, most_pixels=None)."
        )


def _check_bands(image: ImageFile.ImageFile, name: str, ask_for_alpha: bool) -> None:
    """Refuse four bands unless the file says that they are colours and opacity."""
    tags = getattr(image, "tag_v2", {})
    unsaid = image.mode == "RGBA" and tags.get(_SAMPLES) == 4 and not tags.get(_EXTRA)
    if unsaid and ask_for_alpha:
        raise _Refused(
            f"{name} has four bands, and does not say whether the fourth is opacity or something "
            "else, such as near-infrared. Say it: levels = sam_explore.images.read_levels(path), "
            "and give levels[..., :3] for the colours alone, or levels where the fourth is opacity."
        )


def _levels(
    image: ImageFile.ImageFile, file: BufferedIOBase, name: str
) -> Shaped[np.ndarray, "..."]:
    """The numbers of a picture that was opened from this file and is not loaded yet."""
    raw = raw_mode(image)
    if raw is not None:
        return deep_levels(lambda: _opened_at(file, image.tell()), raw)
    if is_deep(image, file):
        raise _Refused(
            f"{name} has more than 8 bits a channel, in a way that is not read whole here: "
            f"{image.format}, {image.mode}. Save it as PNG or TIFF of 16 bits, red, green and blue "
            "pixel by pixel, or give an array."
        )
    return _loaded(image)


def _content_of(image: ImageFile.ImageFile) -> BytesIO:
    """The file of an opened picture; its position is restored."""
    file = cast(IO[bytes], image.fp)
    place = file.tell()
    file.seek(0)
    content = BytesIO(file.read())
    file.seek(place)
    return content


def _loaded(image: Image.Image) -> Shaped[np.ndarray, "height width *channel"]:
    """The numbers of a Pillow image that is completely in memory."""
    inverted = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0 and image.mode.startswith("I;16")
    image = upright(image)
    if image.mode.startswith("I") or image.mode == "F":
        array = _sixteen_bits(np.asarray(image))
        return 65535 - array if inverted else array
    if image.mode == "La":  # the only mode that Pillow converts it to is LA
        image = image.convert("LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode != "RGB":
        image = image.convert("RGB")
    return np.asarray(image)


def _sixteen_bits(array: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """As uint16 if it fits: Pillow sometimes reads 16 bits as 32."""
    whole = array.dtype.kind in "iu" and array.size
    return array.astype(np.uint16) if whole and 0 <= array.min() <= array.max() < 2**16 else array
