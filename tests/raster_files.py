"""Files that Pillow reads and can't write: colours of 16 bits, and TIFF with any tags."""

import struct
import zlib
from pathlib import Path

import numpy as np

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # of PNG, by channels


def write_png(path: Path, levels: np.ndarray, *, key: tuple[int, ...] | None = None) -> Path:
    """Levels (row, column, channel) of 16 bits; every second row is filtered by its left side."""
    height, width, channels = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    rows = levels.astype(">u2").tobytes()
    stride, bytes_a_pixel = 2 * width * channels, 2 * channels
    lines = []
    for row in range(height):
        line = np.frombuffer(rows[row * stride : (row + 1) * stride], np.uint8)
        before = np.concatenate([np.zeros(bytes_a_pixel, np.uint8), line[:-bytes_a_pixel]])
        lines.append(b"\1" + (line - before).tobytes() if row % 2 else b"\0" + line.tobytes())
    parts = [_chunk(b"IHDR", header)]
    if key is not None:
        parts.append(_chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)))
    parts += [_chunk(b"IDAT", zlib.compress(b"".join(lines))), _chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


def bomb_png(path: Path, width: int, height: int) -> Path:
    """A grey file whose header tells so many pixels; there are none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    content = [_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), _chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(content))
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def write_tiff(
    path: Path,
    levels: np.ndarray,
    *,
    extra: int | None = None,
    photometric: int = 2,
    order: str = "<",
    deflate: bool = False,
    planar: bool = False,
    orientation: int = 1,
) -> Path:
    """Levels (row, column, channel) of 8, 16 or 32 bits, in one strip, or one for each plane."""
    height, width, channels = levels.shape
    bits = 8 * levels.dtype.itemsize
    swapped = levels.astype(levels.dtype.newbyteorder(order))
    planes = [swapped[..., i] for i in range(channels)] if planar else [swapped]
    strips = [np.ascontiguousarray(each).tobytes() for each in planes]
    strips = [zlib.compress(each) if deflate else each for each in strips]
    tags = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * channels),
        259: ("H", [8 if deflate else 1]),
        262: ("H", [photometric]),
        273: ("I", [0] * len(strips)),
        274: ("H", [orientation]),
        277: ("H", [channels]),
        278: ("I", [height]),
        279: ("I", [len(each) for each in strips]),
        284: ("H", [2 if planar else 1]),
    }
    if extra is not None:
        tags[338] = ("H", [extra])
    if levels.dtype.kind == "f":
        tags[339] = ("H", [3] * channels)
    path.write_bytes(_tiff(order, tags, strips))
    return path


def _tiff(order: str, tags: dict[int, tuple[str, list[int]]], strips: list[bytes]) -> bytes:
    start = 8 + 2 + 12 * len(tags) + 4
    outside = b""
    strips_at = start + sum(
        struct.calcsize(f"{order}{len(v)}{k}") for k, v in tags.values() if _is_long(order, k, v)
    )
    place = strips_at
    for index, strip in enumerate(strips):
        tags[273][1][index] = place
        place += len(strip)
    entries = b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{kind}", *values)
        entries += struct.pack(f"{order}HHI", tag, {"H": 3, "I": 4}[kind], len(values))
        if _is_long(order, kind, values):
            entries += struct.pack(f"{order}I", start + len(outside))
            outside += packed
        else:
            entries += packed.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    return head + directory + outside + b"".join(strips)


def _is_long(order: str, kind: str, values: list[int]) -> bool:
    return struct.calcsize(f"{order}{len(values)}{kind}") > 4
