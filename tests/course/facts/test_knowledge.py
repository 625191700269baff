"""Facts about what can be read off tokens, where what they hold was put there."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts
from sam_explore.course.facts.knowledge import lost_beyond
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.probes.common.fact_tokens import places_alone

from ...small import SMALL, putting, small_trace

LAST = f"image_encoder.vit.blocks.{SMALL.encoder_depth - 1}.hook_residual_post"


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None)


def all_alike():
    """A run whose image tokens are one vector, whatever the picture."""
    return putting(small_trace(), IMAGE_TOKENS, np.ones((1, SMALL.token_dim, 5, 5)))


def test_of_tokens_that_are_all_alike_a_coin_says_whether_two_lie_on_one_object():
    fact = facts.same_object_read(now(all_alike()))
    # Half of the pairs lie on one object, and nothing tells which.
    assert fact.value == pytest.approx(50)
    assert "one of the image tokens 50 % (95 %: 50 % to 50 %)" in fact.words
    assert "whether two tokens lie on one object" in fact.words


def test_of_tokens_that_are_all_alike_the_kind_is_read_no_better_than_by_the_controls():
    fact = facts.kind_read(now(all_alike()))
    assert fact.value == "no better"
    assert "which kind of object a token lies on" in fact.words


def test_tokens_that_hold_their_place_tell_objects_from_the_rest_as_well_as_places_do():
    tokens = np.zeros((1, SMALL.token_dim, 5, 5))
    tokens[0, :5] = places_alone((5, 5)).T.reshape(5, 5, 5)
    fact = facts.foreground_read(now(putting(small_trace(), IMAGE_TOKENS, tokens)))
    assert f"one of the image tokens {fact.value:.0f} % " in fact.words
    assert f" gets {fact.value:.0f} %." in fact.words  # the controls that know as much


def test_where_nothing_is_left_to_remove_the_mask_needs_it_no_more_than_anything_else():
    tokens = np.ones((1, 5, 5, SMALL.encoder_dim))
    fact = facts.needs_what_is_read(now(putting(small_trace(), LAST, tokens)))
    # Tokens that are all alike equal their mean along any direction.
    assert fact.value == "as much"
    assert "IoU of 1 with the mask as it was; where" in fact.words
    assert fact.words.endswith("it keeps 1, and without as many random ones 1.")


@pytest.mark.parametrize(
    ("without", "lost"), [(0.4, "more"), (0.57, "as much"), (0.63, "as much"), (0.8, "less")]
)
def test_what_counts_is_the_worse_of_the_controls(without, lost):
    assert lost_beyond(without, 0.9, 0.6) == lost
