"""A network small enough to follow by hand, with random weights everywhere."""

from dataclasses import replace

import pytest

from sam_explore.model import Sam, SamConfig

from ..small import SMALL, small_sam

# Block 0 is windowed, block 1 global.
SHALLOW = replace(SMALL, name="tiny", encoder_depth=2, global_blocks=(1,))


@pytest.fixture
def config() -> SamConfig:
    return SHALLOW


@pytest.fixture
def sam() -> Sam:
    return small_sam(SHALLOW)
