"""The memory of a gradient: the estimate from the configuration, and what is really allocated."""

from dataclasses import replace

import pytest

from sam_explore.geometry import Prompts
from sam_explore.model import SamConfig, weight_digests
from sam_explore.model.description import PROJECT, PROMPTS
from sam_explore.model.kernels.products import has_onednn
from sam_explore.tracing import Trace, between_steps
from sam_explore.tracing.attribution.gradients import input_gradient, token_gradient
from sam_explore.tracing.attribution.memory import _input_gradient_at_once, _MeanOfMask, _Peak
from sam_explore.tracing.attribution.memory import estimate_gradient_bytes as estimate

from ...small import SMALL, small_sam, small_trace

# Wide grids of many heads in narrow blocks, so that attention's patterns are most of it.
NARROW = replace(SMALL, name="narrow", image_size=128, encoder_heads=8, global_blocks=(1, 2, 3))
PATTERN = 8 * 256**2 * 4  # bytes of one global block: 8 heads, 16 x 16 tokens


@pytest.fixture(autouse=True)
def nothing_but_the_run_allocates(monkeypatch):
    """Looking at the weights takes a few kB, which the estimate leaves out and which count in so
    small a model; so does trying oneDNN, at its first use."""
    monkeypatch.setattr(weight_digests, "_sum_of", lambda flat: 0)
    has_onednn()


CASES = {
    "points": lambda trace, of: token_gradient(trace, of, PROMPTS),
    "embedding": lambda trace, of: token_gradient(trace, of, PROJECT),
    "pixels": input_gradient,
}


def allocated(config: SamConfig, compute) -> int:
    """The most memory of tensors with numbers in them while a gradient is computed."""
    sam = small_sam(config)
    trace = Trace(sam, small_trace(small_sam()).image, Prompts(points=[(12, 8)]))
    with _Peak(sam) as peak:
        compute(trace, _MeanOfMask(0))
    return peak.bytes


@pytest.mark.parametrize(
    ("config", "name"), [(SMALL, "points"), (SMALL, "embedding"), (NARROW, "pixels")]
)
def test_it_is_what_a_real_run_allocates(config, name):
    assert estimate(config, name) == pytest.approx(allocated(config, CASES[name]), rel=0.02)


def test_all_at_once_is_what_a_real_run_of_that_allocates_and_keeps_every_blocks_pattern():
    at_once = estimate(NARROW, by_block=False)

    assert at_once == pytest.approx(allocated(NARROW, _input_gradient_at_once), rel=0.02)
    assert at_once > estimate(NARROW) + 2 * PATTERN  # of three global blocks, not of one


def test_a_global_block_takes_its_pattern_and_two_gradients_of_that_size_one_block_at_a_time():
    windowed = estimate(NARROW, windows=(3, 3, 3, 3))

    assert 3 * PATTERN < estimate(NARROW) < 3 * PATTERN + windowed


def test_two_windowed_blocks_more_hold_two_residual_streams_more():
    deeper = replace(SMALL, encoder_depth=6)

    # 5 x 5 tokens of 24 channels, 4 bytes each.
    assert estimate(deeper) - estimate(SMALL) == 2 * 25 * 24 * 4


def test_a_run_without_numbers_calls_no_step_callback():
    steps: list[str] = []
    with between_steps(steps.append):
        estimate(SMALL)
    assert steps == []


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"one of points, .*, pixels, not 'clicks'"):
        estimate(SMALL, "clicks")


def test_a_side_may_be_a_list():
    pair = estimate(SMALL, side=(24, 40))
    assert estimate(SMALL, side=[24, 40]) == pair
