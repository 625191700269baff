"""Where a decoder token looks, with weights that were put there."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import TokenToImageAttention
from sam_explore.probes.common.attention import ALL

from ...small import answering, putting, small_trace

FINAL = "mask_decoder.transformer.final_token_to_image.hook_pattern"


@pytest.fixture(scope="module")
def trace():
    """Of 7 tokens mask 2's looks at (0, 1) and (0, 2), in head 3 at (4, 4).

    Mask 2 covers the whole token (0, 1) and half of (0, 2).
    """
    logits = np.full((4, 20, 20), -1.0)
    logits[2, :4, 4:10] = 1
    trace = answering(small_trace(), logits, [0.1, 0.2, 0.9, 0.3])
    weights = np.full((1, 4, 7, 25), 1 / 25)
    weights[0, :, 3] = 0
    weights[0, :3, 3, 1] = 0.75
    weights[0, :3, 3, 2] = 0.25
    weights[0, 3, 3, 24] = 1
    return putting(trace, FINAL, weights)


def test_the_map_is_that_tokens_row_as_a_grid(trace):
    reading = TokenToImageAttention(place=2, head=0)(trace)

    expected = np.zeros((5, 5))
    expected[0, 1:3] = 0.75, 0.25
    np.testing.assert_allclose(reading.values, expected, atol=1e-6)
    assert (reading.frame, reading.scale.unit, reading.scale.low) == ("tokens", "weight", 0)
    assert reading.title == "Token “mask 2” after the last layer"


def test_the_tokens_under_the_clicks_are_marked_each_once(trace):
    assert TokenToImageAttention()(trace).marks == (trace.frame.token_at(trace.prompts.points[0]),)
    clicks = small_trace().with_prompts(Prompts(points=[(4, 4), (20, 12), (5, 4)]))
    gallery = TokenToImageAttention(head=ALL)(clicks)
    assert {each.marks for each in gallery.maps} == {((0, 0), (1, 2))}


def test_the_words_count_what_falls_inside_the_mask_and_on_padding(trace):
    one = TokenToImageAttention(place=2, head=1)(trace).words
    # 0.75 times the whole token and 0.25 times half of the next: 0.875. Of 25 tokens 1.5 are 6 %.
    assert one.startswith(
        "Token “mask 2” after the last layer: head 1 gives the greatest weight to row 0, column 1: "
        "0.75, which is 18.8 times an even share. 88 % of the weight falls inside mask 2, which "
        "covers 6 % of the image tokens."
    )
    mean = TokenToImageAttention(place=2)(trace).words
    # Three of four heads: 0.65625; the fourth looks at the last token, of padding.
    assert "the mean of 4 heads gives" in mean
    assert "66 % of the weight falls inside mask 2" in mean
    assert mean.endswith("25 % falls on padding.")


def test_all_heads_stand_side_by_side_and_other_tokens_by_their_names(trace):
    reading = TokenToImageAttention(place=2, head=ALL, decoder_token=5)(trace)

    assert [one.title for one in reading.maps] == [f"head {head}" for head in range(4)]
    assert reading.title == "Token “point 0” after the last layer"
    np.testing.assert_allclose([one.values for one in reading.maps], 1 / 25, atol=1e-6)


def test_each_place_has_its_own_weights(trace):
    run = putting(
        trace, "mask_decoder.transformer.layers.1.token_to_image.hook_pattern", np.full(25, 0.5)
    )
    assert TokenToImageAttention(place=1)(run).values.tolist() == [[0.5] * 5] * 5
    assert TokenToImageAttention(place=0)(run).values.sum() == pytest.approx(1, abs=1e-5)
    assert TokenToImageAttention(place=0)(run).title == "Token “mask 2” in layer 0"
