"""Every probe on the released models' grid and windows in a narrow network, and on their widths."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model import VIT_B, VIT_H, VIT_L, SamConfig
from sam_explore.probes import (
    PROBES,
    HeadAtlas,
    HeadEffects,
    KnownByDepth,
    Probe,
    RemovedDirections,
    SceneFactors,
    ShuffledTokens,
)
from sam_explore.tracing import Trace

from ..small import small_sam
from .reading_arrays import arrays
from .small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

# 64 tokens a side in windows of 14 at 4 pixels a token, in blocks that are narrow and few.
RELEASED_GRID = replace(
    VIT_B,
    name="the released grid",
    image_size=256,
    patch_size=4,
    encoder_dim=32,
    encoder_depth=3,
    encoder_heads=1,
    encoder_mlp_dim=32,
    global_blocks=(2,),
    token_dim=32,
    decoder_mlp_dim=32,
    iou_hidden_dim=16,
)

# The widest one: what counts on a width or a number of heads, be it that of a released model or of
# the other tests' small ones, fails on one of these networks. Two blocks on 8 tokens a side:
# windows and padding are asked on the grid above.
RELEASED_WIDTH = replace(
    VIT_H, name="the released width", image_size=128, encoder_depth=2, global_blocks=(1,)
)
# A run of the model for each of 32 wide heads takes minutes. The grid has one head a block, and the
# widths are asked by the probes of attention and of patching. Nor does an order of tokens depend on
# the width. Read-outs of so many channels take minutes too, and so do eleven runs for each of eight
# scenes.
ON_THE_GRID_ALONE = (HeadAtlas, HeadEffects, KnownByDepth, RemovedDirections, ShuffledTokens)
ON_THE_GRID_ALONE += (SceneFactors,)
CASES = [
    pytest.param(config, probe, id=f"{config.name}-{probe.__name__}")
    for config in (RELEASED_GRID, RELEASED_WIDTH)
    for probe in PROBES
    if probe not in ON_THE_GRID_ALONE or config is RELEASED_GRID
]


@lru_cache(maxsize=1)  # the cases of a configuration follow one another
def trace_of(config: SamConfig) -> Trace:
    """One run for all probes, as on a page: what one of them computed is shared with the next."""
    side = config.image_size
    image = np.random.default_rng(1).integers(0, 256, (side * 3 // 4, side, 3), dtype=np.uint8)
    return Trace(small_sam(config), image, Prompts(points=[(side * 0.4, side * 0.3)]))


@pytest.mark.parametrize(("config", "probe"), CASES)
def test_a_probe_answers(config: SamConfig, probe: type[Probe]):
    asked, trace = with_few_scenes(probe), trace_of(config)
    coarsest, *_ = (*asked.coarser(trace), asked)  # in full it is asked on small networks

    reading = coarsest(trace)

    assert reading.words
    # Infinity nowhere; NaN only where nothing is to be drawn.
    assert not any(np.isinf(array).any() for array in arrays(reading))
    assert all(np.isfinite(array).any() for array in arrays(reading))


def test_the_grid_and_the_windows_are_the_released_ones():
    for config in (VIT_B, VIT_L, VIT_H):
        assert (config.grid, config.window_size) == (64, 14)
    assert (RELEASED_GRID.grid, RELEASED_GRID.window_size) == (64, 14)
