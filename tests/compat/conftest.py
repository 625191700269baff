"""The shipped weights in both implementations, and a picture."""

import numpy as np
import pytest

from sam_explore import compat
from sam_explore.scenes import example

from ..parity.reference import segment_anything, shipped_in_both


@pytest.fixture(scope="package")
def models():
    """Ours behind the original's interface, and the original."""
    ours, original = shipped_in_both()
    return compat.Sam(ours), original


@pytest.fixture(scope="package")
def image() -> np.ndarray:
    return np.ascontiguousarray(example("turtle")[:190])


@pytest.fixture(scope="package")
def predictors(models, image):
    """Both have seen the picture."""
    ours, theirs = compat.SamPredictor(models[0]), segment_anything.SamPredictor(models[1])
    ours.set_image(image)
    theirs.set_image(image)
    return ours, theirs
