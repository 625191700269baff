"""Converts whatever users pass as a picture to one form: uint8 (height, width, 3), RGB.

docs/pictures_and_sizes.md has the rules as a table, docs/decisions/0011 the reasons.
"""

import os
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Shaped, UInt8
from PIL import Image

from .paths import at_home, meant
from .picture_files import (
    MOST_PIXELS,
    MOST_UPLOADED_PIXELS,
    levels_in,
    levels_in_file,
    levels_of,
)
from .provenance import Origin, note_picture

# Files, Pillow images, arrays and tensors; their contents are checked at run time, not by type.
Picture = np.ndarray | torch.Tensor | Image.Image | str | os.PathLike

_COUNTS_OF_CHANNELS = (1, 2, 3, 4)  # grey, grey and alpha, RGB, RGB and alpha
_STRIP = 2**22  # values converted at a time, so that a large picture needs no large copy


def as_picture(
    image: object, *, most_pixels: int | None = MOST_PIXELS
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture as RGB from 0 to 255. An array in this form is returned as it is, not copied.

    Args:
        image: a path; a Pillow image; an array or a tensor of shape (height, width), (height,
            width, channels) or (channels, height, width), of 1 to 4 channels: grey or RGB, with
            alpha or not. Whole numbers are grey levels from 0 to 255, or the 16 bits of a uint16;
            floats run from 0 to 1; True is white. Transparent pixels become white.
        most_pixels: the largest number of pixels in a file, checked by its header before they are
            read; None for no limit. Arrays and tensors are in memory already, and have no limit.

    Raises:
        TypeError: not a picture at all.
        FileNotFoundError: a path without a file.
        ValueError: a folder, a device, a file that Pillow can't read, one of too many pixels or of
            four bands that could be opacity or not, an address on the web, another shape, no
            pixels, NaN, or numbers whose range is unclear.
    """
    if isinstance(image, str | os.PathLike):
        return _from_file(image, most_pixels)
    if isinstance(image, Image.Image):
        return _from_array(levels_of(image, most_pixels), channels_first=False)
    if isinstance(image, torch.Tensor):
        return _from_array(_numbers_of(image), channels_first=True)
    if np.ma.is_masked(image):
        raise ValueError(
            "image has masked pixels, and what is to be seen there is not said. "
            "image.filled(value) puts a value in their place."
        )
    if hasattr(image, "__array__"):
        return _from_array(np.asarray(image), channels_first=False)
    raise TypeError(
        "image must be a picture: a numpy array, a path, a PIL image or a torch tensor, but is a "
        f"{type(image).__name__}.{_ADVICE.get(type(image).__name__, '')}"
    )


_ADVICE = {
    "NoneType": " cv2.imread gives None for a path that it can't read; see whether the path is "
    "right, or give the path itself.",
    "bytes": " Pillow reads bytes: PIL.Image.open(io.BytesIO(image)).",
    "list": " An array is made by np.array(image, dtype=np.uint8).",
    "Sam": " The model comes first, then the picture: sx.encode(sam, image).",
}


def read_levels(
    path: str | os.PathLike, *, most_pixels: int | None = MOST_PIXELS
) -> Shaped[np.ndarray, "height width *channel"]:
    """The numbers of a picture's file as they are, for users who know what they mean.

        image = read_levels("scan.png") / 4095  # 12 bits: 4095 is white

    Args:
        path: of the file.
        most_pixels: as in `as_picture`.

    Returns:
        One channel without an axis for it, uint8, uint16, int32 or float32; or red, green, blue
        and perhaps a fourth band, uint8 or uint16. Oriented as a viewer would show it.

    Raises:
        FileNotFoundError, ValueError: as in `as_picture`, except for those about the numbers'
            range.
    """
    return levels_in_file(_existing(path), most_pixels, ask_for_alpha=False)


def picture_in(
    content: bytes, name: str, *, most_pixels: int | None = MOST_UPLOADED_PIXELS
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture in an upload's content, as `as_picture` reads it; `name` is for the errors."""
    levels = levels_in(BytesIO(content), name, most_pixels, ask_for_alpha=True)
    return _from_array(levels, channels_first=False)


def _numbers_of(tensor: torch.Tensor) -> Shaped[np.ndarray, "..."]:
    try:
        tensor = tensor.detach().cpu()
        # numpy has no bfloat16.
        return (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    except (TypeError, RuntimeError) as error:  # sparse, quantised, on the meta device
        raise ValueError(
            f"image must be a tensor of numbers, one for each place, but is one of {tensor.dtype} "
            f"on {tensor.device} in the layout {tensor.layout}: {error}"
        ) from error


def small_grey(
    image: UInt8[np.ndarray, "height width 3"], side: int = 512
) -> UInt8[np.ndarray, "small_height small_width"]:
    """The brightness of a picture, scaled down so that no side exceeds `side`. Read-only."""
    small = Image.fromarray(image)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    grey = np.array(small.convert("L"))
    grey.setflags(write=False)
    return grey


def _from_file(
    path: str | os.PathLike, most_pixels: int | None
) -> UInt8[np.ndarray, "height width 3"]:
    path = _existing(path)
    levels = levels_in_file(path, most_pixels, ask_for_alpha=True)
    try:
        picture = _from_array(levels, channels_first=False)
    except ValueError as error:
        numbers = f"image = sam_explore.images.read_levels({str(path)!r})"
        raise ValueError(f"{error} The file's numbers: {numbers}.") from error
    note_picture(picture, Origin(repr(str(path))))
    return picture


def _existing(path: str | os.PathLike) -> Path:
    """The path of an existing file or device."""
    path = meant(path) if isinstance(path, str) else path
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://|data:", str(path)):
        raise ValueError(
            f"image is the address {str(path)[:80]!r}, and nothing is fetched from the web here. "
            "Save the picture as a file, and give its path."
        )
    path = at_home(path)
    if not path.exists():
        raise FileNotFoundError(
            f"There is no picture at {path}. The path is seen from {Path.cwd()}."
        )
    if path.is_dir():
        raise ValueError(f"{path} is a folder. A picture is a file in it.")
    return path


def _from_array(
    array: Shaped[np.ndarray, "..."], channels_first: bool
) -> UInt8[np.ndarray, "height width 3"]:
    """An array as a picture; `channels_first` decides where both outer axes could be channels."""
    if not array.size:
        raise ValueError(f"image has no pixels at all: its shape is {array.shape}.")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    array = _channels_last(array, channels_first)
    _check_range(array)
    if array.dtype == np.uint8 and array.shape[2] == 3:
        return array
    height, width, channels = array.shape
    picture = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP // (width * channels))
    for start in range(0, height, rows):
        levels = _grey_levels(array[start : start + rows], array)
        picture[start : start + rows] = _without_alpha(levels) if channels in (2, 4) else levels
    return picture


def _channels_last(
    array: Shaped[np.ndarray, "..."], channels_first: bool
) -> Shaped[np.ndarray, "height width channel"]:
    if array.ndim == 2:
        return array[:, :, None]
    if array.ndim == 3:
        first, last = (array.shape[axis] in _COUNTS_OF_CHANNELS for axis in (0, 2))
        if first and (channels_first or not last):
            return np.moveaxis(array, 0, 2)
        if last:
            return array
    batch = " It looks like a batch; one picture of it is image[0]." if array.ndim == 4 else ""
    raise ValueError(
        "image must be of shape (height, width), (height, width, channels) or (channels, height, "
        f"width) with 1 to 4 channels, but is of shape {array.shape}.{batch}"
    )


def _check_range(array: Shaped[np.ndarray, "..."]) -> None:
    """Refuse numbers that are not levels, or could be levels of more than one kind."""
    kind = array.dtype.kind
    if array.dtype == np.uint8 or kind == "b":
        return
    if kind not in "iuf":
        raise ValueError(f"image must hold whole numbers or floats, but holds {array.dtype}.")
    low, high = array.min(), array.max()
    colours = array[..., :-1] if array.shape[2] in (2, 4) else array
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            "image must be finite, but holds NaN or infinity. np.nan_to_num(image) puts numbers in "
            "their place."
        )
    found = f"but is {array.dtype} from {low:g} to {high:g}."
    if kind == "f":
        half_a_level = 0.5 / 255
        if low < -half_a_level or high > 1 + half_a_level:
            raise ValueError(
                f"image must run from 0 to 1 where it holds floats, {found} If these are grey "
                "levels from 0 to 255, give image.clip(0, 255).astype(np.uint8); if they were "
                "normalised, give the picture from before."
            )
    elif array.dtype == np.uint16:
        if high > 255 and 0 < (brightest := colours.max()) < 2**12:
            part = "image" if colours is array else "image[..., :-1]"  # opacity has its own range
            found = f"but is {array.dtype} from {colours.min()} to {brightest}."
            raise ValueError(
                f"image must use its 16 bits, {found} It would be almost black. Say what is white "
                f"by making it floats: {part} / {brightest}, or {part} / 65535."
            )
    elif low < 0 or high > 255:
        raise ValueError(
            f"image must run from 0 to 255 where it holds whole numbers, {found} Say what is black "
            "and what is white by making it floats from 0 to 1: "
            "(image - image.min()) / (image.max() - image.min())."
        )


def _grey_levels(
    strip: Shaped[np.ndarray, "row width channel"], whole: Shaped[np.ndarray, "..."]
) -> UInt8[np.ndarray, "row width channel"]:
    """A few rows as levels from 0 to 255; the meaning of the numbers is decided by all rows."""
    if strip.dtype.kind == "b":
        return strip.astype(np.uint8) * 255
    if strip.dtype.kind == "f":
        return (strip.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    if strip.dtype == np.uint16 and whole.max() > 255:
        return ((strip.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return strip.astype(np.uint8)


def _without_alpha(
    levels: UInt8[np.ndarray, "row width channel"],
) -> UInt8[np.ndarray, "row width colour"]:
    """On a white background, as a page or a viewer shows it."""
    colours, alpha = levels[..., :-1].astype(np.uint32), levels[..., -1:].astype(np.uint32)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
