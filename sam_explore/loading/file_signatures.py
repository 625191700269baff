"""Detects by its first bytes what kind of file one is.

Whose weights are in it, see `weight_publishers`. No message quotes the bytes: they may be secret.
"""

import re

START = 64  # bytes that are read

_LONGEST_HEADER = 100_000_000  # of safetensors, the library's own limit
# The first match counts.
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (rb"\Z", "an empty file"),
    (rb"\s*version https://git-lfs", "a pointer of git-lfs, not the file itself"),
    (rb"\s*<(!doctype|html|\?xml|head|body)", "a web page"),
    (rb"\x89HDF\r\n", "an HDF5 file, such as Keras writes"),
    (rb"\x93NUMPY", "an array of NumPy"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|II\*\0|MM\0\*", "a picture"),
    (rb"%PDF", "a PDF"),
    (rb"\x1f\x8b", "a gzip archive; unpack it first"),
    (rb"BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "a compressed archive; unpack it first"),
    (rb"GGUF", "a GGUF file"),
    (rb"\x7fELF|MZ", "a program"),
    (rb"\x08[\x01-\x20]\x12", "an ONNX graph"),
    (rb"-----BEGIN", "a key or a certificate"),
    (rb"\s*[\[{]", "JSON"),
)


def kind_of(start: bytes) -> str | None:
    """The format of a file: "zip", "pickle" or "safetensors"; None for any other."""
    if start.startswith(b"PK"):
        return "zip"
    if start.startswith(b"\x80"):
        return "pickle"
    length = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and 2 <= length <= _LONGEST_HEADER:
        return "safetensors"
    return None


def looks_like(start: bytes) -> str:
    """A description of a file from its first bytes."""
    for sign, words in _SIGNS:
        if re.match(sign, start, re.IGNORECASE | re.DOTALL):
            return words
    is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    return "a text file" if is_text else "binary data of another kind"
