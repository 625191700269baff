"""Every probe on inputs of other sizes than the trained one, square or not."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.plots.drawing import draw
from sam_explore.probes import (
    PROBES,
    AttentionRow,
    PatchedTokens,
    PositionEncodingSimilarity,
    Probe,
    RelativePositions,
)
from sam_explore.readings import Heatmap, Reading
from sam_explore.tracing import Trace

from ..small import small_sam, small_trace
from .reading_arrays import all_words, arrays
from .small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

# Of a model that was trained on 5 x 5 tokens, in windows of 3: one side shorter, and one longer.
SIDES = {"3 x 5 tokens": (24, 40), "7 x 2 tokens": (56, 16)}
every_probe = pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)


@pytest.fixture(scope="module")
def sam() -> Sam:
    return small_sam()


@pytest.fixture(scope="module", params=SIDES.values(), ids=SIDES.keys())
def trace(request: pytest.FixtureRequest, sam: Sam) -> Trace:
    return small_trace(sam).with_preprocessing("stretch", request.param)


@pytest.fixture(scope="module")
def answer(trace: Trace) -> Callable[[type[Probe]], Reading]:
    """Asks each probe once."""
    return cache(lambda probe: with_few_scenes(probe)(trace))


@every_probe
def test_it_answers_in_numbers_and_words_and_draws(
    probe: type[Probe], trace: Trace, answer: Callable
):
    reading = answer(probe)

    for array in arrays(reading):
        assert not np.isinf(array).any()
        assert np.isfinite(array).any()  # NaN stands for places where nothing is
    for words in all_words(reading):
        assert "nan" not in words
    if trace.frame.grid[0] > trace.frame.grid[1]:  # the contract of probes draws a wide picture
        assert draw(reading).png().startswith(b"\x89PNG")


@every_probe
def test_maps_over_tokens_have_the_runs_rows_and_columns(
    probe: type[Probe], trace: Trace, answer: Callable
):
    reading = answer(probe)
    maps = [reading] if isinstance(reading, Heatmap) else getattr(reading, "maps", ())
    over_tokens = [each.values for each in maps if each.frame == "tokens"]

    if probe.__name__ == "WindowLayout":  # it shows the padding of windows too
        over_tokens = [np.ones(trace.frame.grid) for each in over_tokens if each.size >= 14]
    assert {values.shape for values in over_tokens} <= {trace.frame.grid}


@pytest.mark.parametrize("probe", [AttentionRow, PositionEncodingSimilarity, PatchedTokens])
def test_a_token_beyond_the_shorter_side_is_refused_in_words(probe, sam):
    trace = small_trace(sam).with_preprocessing("stretch", (24, 40))

    assert probe(token=(2, 4))(trace).words
    with pytest.raises(ValueError, match=r"from \(0, 0\) to \(2, 4\) in this run, but is \(4, 2\)"):
        probe(token=(4, 2))(trace)


def test_relative_positions_of_the_shorter_side_end_where_it_ends(sam):
    trace = small_trace(sam).with_preprocessing("stretch", (24, 40))

    terms, norms = RelativePositions(block=1)(trace).readings

    assert terms.x.tolist() == list(range(-4, 5))
    for vertical, horizontal in (terms.curves, norms.curves):
        assert np.isfinite(horizontal.y).all()
        assert np.isfinite(vertical.y).tolist() == [False] * 2 + [True] * 5 + [False] * 2


def test_tokens_of_a_run_with_another_grid_do_not_fit(sam):
    here, there = small_trace(sam), small_trace(sam).with_preprocessing("stretch", (24, 40))

    with pytest.raises(ValueError, match=r"a grid of \(5, 5\) tokens as this run, but has one of"):
        PatchedTokens(other=there)(here)


def test_the_knobs_of_a_larger_run_reach_further(sam):
    trace = small_trace(sam).with_preprocessing("stretch", 56)

    assert sx.probes.AttentionRow(token=(6, 6))(trace).words
    assert sx.probes.WindowEffect(window=7)(trace).words
    with pytest.raises(ValueError, match="must lie from 0 to 6 in this run"):
        sx.probes.AttentionRow(token=(7, 0))(trace)
