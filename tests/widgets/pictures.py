"""The pictures that views leave on a page without a kernel, as pixels."""

import io

import numpy as np
from PIL import Image

from sam_explore.plots import style


def pixels(data: dict) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data["image/png"])).convert("RGB")).reshape(-1, 3)


def count(data: dict, colour: str) -> int:
    """How many pixels of the picture have exactly this colour."""
    return int((pixels(data) == style.rgba(colour)[:3]).all(axis=1).sum())
