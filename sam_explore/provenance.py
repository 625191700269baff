"""Where a picture or a model came from, as Python code that gets it again.

Pictures are identified by content, so that copies are recognised and changed ones are not.
"""

import weakref
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

import numpy as np
from jaxtyping import UInt8

_MOST_PICTURES = 256


@dataclass(frozen=True)
class Origin:
    """How to get something again.

    Args:
        code: an expression, `sx` being sam_explore.
        remark: what has to be done first, or "".
    """

    code: str
    remark: str = ""


_pictures: OrderedDict[bytes, Origin] = OrderedDict()
_models: weakref.WeakKeyDictionary[object, Origin] = weakref.WeakKeyDictionary()
_lock = Lock()


def note_picture(picture: UInt8[np.ndarray, "height width 3"], origin: Origin) -> None:
    """Remember where this picture came from."""
    key = picture_key(picture)
    with _lock:
        _pictures[key] = origin
        _pictures.move_to_end(key)
        if len(_pictures) > _MOST_PICTURES:
            _pictures.popitem(last=False)


def origin_of_picture(picture: UInt8[np.ndarray, "height width 3"]) -> Origin | None:
    """Where a picture of this content came from, None if it was not noted."""
    key = picture_key(picture)
    with _lock:
        return _pictures.get(key)


def note_model(sam: object, origin: Origin) -> None:
    """Remember where this model came from, as long as the model exists."""
    with _lock:
        _models[sam] = origin


def origin_of_model(sam: object) -> Origin | None:
    """Where this model came from, None if it was not noted."""
    with _lock:
        return _models.get(sam)


def picture_key(picture: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The key of a picture: a digest of its content."""
    digest = blake2b(repr(picture.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(picture).data)
    return digest.digest()
