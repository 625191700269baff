"""A picture with one object, and small networks to verify on it."""

import numpy as np
import pytest

from sam_explore.verification.rows import Subject

from ..checkpoints import CUSTOM, official_weights
from ..parity.reference import build_ours


@pytest.fixture(scope="session")
def picture() -> tuple[np.ndarray, np.ndarray]:
    """60 wide and 40 high, with a bright rectangle and its mask."""
    image = np.random.default_rng(0).integers(0, 90, (40, 60, 3), dtype=np.uint8)
    truth = np.zeros((40, 60), bool)
    truth[10:31, 20:45] = True
    image[truth] += 120
    return image, truth


@pytest.fixture(scope="session")
def subject(picture) -> Subject:
    return Subject(build_ours(CUSTOM, dict(official_weights())), *picture)
