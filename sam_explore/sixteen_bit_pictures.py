"""Reads all 16 bits of a picture with several channels, of which Pillow keeps 8.

docs/decisions/0020 says why it is done in this way.
"""

import sys
from collections.abc import Callable
from io import BufferedIOBase
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image, ImageFile, ImageOps

_ORIENTATION, _BITS, _PLANES = 0x0112, 258, 284
_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


def raw_mode(image: ImageFile.ImageFile) -> str | None:
    """Pillow's name for the file's layout of 16-bit colours, if both bytes can be read."""
    decoder, raw, _ = _layout(image)
    deep = {f"{bands};16{order}" for bands in ("RGB", "RGBA", "RGBX", "RGBa") for order in "BLN"}
    by_planes = getattr(image, "tag_v2", {}).get(_PLANES) == 2
    known = (raw in deep or raw == "LA;16B") and decoder in ("zip", "raw", "libtiff")
    return raw if known and not by_planes else None


def _layout(image: ImageFile.ImageFile) -> tuple[str, str, tuple]:
    """The name of the decoder, the layout of the channels, and the decoder's other arguments."""
    if not image.tile:  # WebP and AVIF, whose libraries give Pillow whole pixels
        return "", "", ()
    decoder, _, _, given = image.tile[0]
    raw, *rest = (given,) if isinstance(given, str) else given or ("",)
    return decoder, str(raw), tuple(rest)


def is_deep(image: ImageFile.ImageFile, file: BufferedIOBase) -> bool:
    """Whether Pillow would drop bits of a picture with several channels."""
    if image.mode.startswith(("I", "F")):
        return False
    decoder, raw, told = _layout(image)
    if decoder.startswith("ppm"):
        return told[-1] > 255  # the number that is white
    if image.format == "JPEG2000":
        return _jpeg2000_bits(file) > 8
    return ";16" in raw or is_deep_tiff(image)


def is_deep_tiff(image: ImageFile.ImageFile) -> bool:
    tags = getattr(image, "tag_v2", {})
    return not image.mode.startswith(("I", "F")) and max(tags.get(_BITS, (8,))) > 8


def _jpeg2000_bits(file: BufferedIOBase) -> int:
    """The bits of the first channel, from the first marker of the codestream."""
    file.seek(0)
    head = file.read(2**14)
    start = head.find(b"\xff\x4f\xff\x51")
    return (head[start + 42] & 0x7F) + 1 if 0 <= start < len(head) - 42 else 8


def deep_levels(
    opened: Callable[[], ImageFile.ImageFile], raw: str
) -> UInt16[np.ndarray, "height width channel"]:
    """All 16 bits: the file is decoded once for the upper bytes, and once for the lower.

    Pillow names the order of the two bytes, and keeps the first or the second by that name.

    Args:
        opened: opens the file from its start.
        raw: what `raw_mode` returned for it.
    """
    if raw == "LA;16B":  # which Pillow has in one byte order only; its bytes are laid out as RGBA
        four = _decoded(opened(), "RGBA").astype(np.uint16)
        return four[..., 0::2] << 8 | four[..., 1::2]
    bands, order = raw.split(";16")
    layout = "RGBA" if bands == "RGBa" else bands  # RGBa would be divided by 8 bits of opacity
    upper = _decoded(opened(), f"{layout};16{order}")
    levels = upper.astype(np.uint16) << 8
    levels |= _decoded(opened(), f"{layout};16{_OTHER_BYTE[order]}")
    if bands == "RGBa":
        return _not_premultiplied(levels)
    return _with_key(levels, opened().info.get("transparency"))


def _decoded(image: ImageFile.ImageFile, raw: str) -> UInt8[np.ndarray, "height width channel"]:
    image.tile = [tile._replace(args=_with_raw(tile.args, raw)) for tile in image.tile]
    image.load()  # numpy would hide errors here
    return np.asarray(upright(image))


def _with_raw(given: Any, raw: str) -> str | tuple:
    return raw if isinstance(given, str) else (raw, *given[1:])


def _not_premultiplied(
    levels: UInt16[np.ndarray, "height width 4"],
) -> UInt16[np.ndarray, "height width 4"]:
    """Divide colours by opacity, with which the file has multiplied them."""
    opacity = levels[..., 3:].astype(np.uint32)
    whole = levels[..., :3].astype(np.uint32) * 65535 // np.maximum(opacity, 1)
    return np.concatenate([np.minimum(whole, 65535), opacity], axis=2).astype(np.uint16)


def _with_key(
    levels: UInt16[np.ndarray, "height width channel"], key: object
) -> UInt16[np.ndarray, "height width channel_out"]:
    """Add opacity, if the file names one transparent colour."""
    if not isinstance(key, tuple):
        return levels
    opacity = np.where((levels == key).all(axis=2, keepdims=True), 0, 65535)
    return np.concatenate([levels, opacity.astype(np.uint16)], axis=2)


def upright(image: Image.Image) -> Image.Image:
    """Oriented as a viewer shows it."""
    if image.getexif().get(_ORIENTATION, 1) != 1:
        return ImageOps.exif_transpose(image)
    return image
