"""Other inputs of one run: their grids, and tokens compared at the same places."""

import numpy as np
import pytest

from sam_explore.geometry import Frame
from sam_explore.model import VIT_B
from sam_explore.probes.common.input_sizes import (
    AS_IN_RUN,
    FITS,
    FLAT,
    NARROW,
    bytes_of_scores,
    centres,
    encoded_as_in,
    encoder_products,
    likeness,
    tokens_at,
    with_input,
)
from sam_explore.tracing import component_costs, edit, zero
from sam_explore.tracing.cost import ATTENTIONS, COMPONENTS

from ...small import SMALL, small_trace

SQUARE = Frame((16, 16), (16, 16), 16, 8)  # 2 x 2 tokens of a picture in its own size
TOKENS = np.array([[[0.0, 1.0], [2.0, 3.0]]])


def test_tokens_are_interpolated_between_their_middles():
    assert centres(SQUARE).tolist() == [[[4, 4], [12, 4]], [[4, 12], [12, 12]]]
    np.testing.assert_allclose(tokens_at(TOKENS, SQUARE, centres(SQUARE)), TOKENS)
    points = np.array([[[8.0, 8.0], [8.0, 4.0], [0.0, 0.0]]])
    # In the middle of all four; between the upper two; and beyond the first, which goes on.
    np.testing.assert_allclose(tokens_at(TOKENS, SQUARE, points), [[[1.5, 0.5, 0.0]]])


def test_places_are_those_of_the_picture_whatever_the_input():
    wide = Frame((8, 32), (4, 16), 16, 8)  # half the size, above padding
    assert centres(wide).tolist() == [[[8, 8], [24, 8]]]
    np.testing.assert_allclose(
        tokens_at(TOKENS, wide, np.array([[[8.0, 8.0], [16.0, 8.0]]])), [[[0, 0.5]]]
    )


@pytest.mark.parametrize(
    ("fit", "tokens", "grid", "input_size"),
    [
        ("padded", 5, (5, 5), (20, 40)),
        ("padded", 2, (2, 2), (8, 16)),
        ("stretched", 3, (3, 3), (24, 24)),
        ("in proportion", 6, (3, 6), (24, 48)),
        (FLAT, 5, (2, 5), (16, 40)),
        (NARROW, 4, (4, 2), (32, 16)),
        (FLAT, 1, (1, 1), (8, 8)),
    ],
)
def test_ways_to_fit_a_wide_picture_in(fit, tokens, grid, input_size):
    frame = with_input(small_trace(), tokens, fit).frame
    assert (frame.grid, frame.input_size) == (grid, input_size)


def test_medsams_normalisation_stays_where_the_picture_is_stretched():
    medsam = small_trace().with_preprocessing("medsam")
    found = [with_input(medsam, 5, fit).preprocessing for fit in FITS]
    assert found == ["original", "medsam", "stretch"]


def test_a_run_is_like_itself_and_padding_is_not_compared():
    trace = small_trace()
    alike = likeness(trace, trace)
    np.testing.assert_allclose(alike[:3], 1, rtol=1e-6)
    assert np.isnan(alike[3:]).all()
    other = likeness(trace, with_input(trace, 7, "stretched"))
    assert (np.abs(other[:3]) < 1).all()


def test_the_runs_own_input_is_the_run():
    trace = small_trace()
    assert with_input(trace, 5, "padded") is trace
    square = trace.with_preprocessing("stretch")
    assert with_input(square, 5, "stretched") is square
    assert with_input(square, 5, "in proportion") is not square


@pytest.mark.parametrize("side", [(40, 40), (24, 56)])
def test_what_an_input_costs_is_what_is_counted_by_component(side):
    costs = component_costs(SMALL, side)
    encoder = [costs[name] for name in COMPONENTS if name not in ("prompt encoder", "mask decoder")]
    assert encoder_products(SMALL, side) == sum(each.multiply_adds for each in encoder)
    scores = max(costs[name].largest for name in ATTENTIONS)
    assert bytes_of_scores(SMALL, side) == 4 * scores


def test_the_scores_of_a_global_block_by_hand():
    assert bytes_of_scores(SMALL, (40, 40)) == 4 * 2 * 25**2  # 4 bytes, 2 heads, pairs of 25 tokens
    assert bytes_of_scores(VIT_B, (1024, 1024)) == 805_306_368


def test_another_picture_is_not_encoded_through_hooks_of_others():
    """What they change would be shown as the run's, and some of it kept."""
    trace = small_trace()
    name = "image_encoder.position_encoder.hook_encoding"
    with edit(trace.sam, {name: zero}), pytest.raises(RuntimeError, match="Something is attached"):
        encoded_as_in(trace, trace.image, AS_IN_RUN)
    found = encoded_as_in(trace, trace.image, AS_IN_RUN)
    np.testing.assert_allclose(found.tokens, trace.encoded.tokens, atol=1e-5)
