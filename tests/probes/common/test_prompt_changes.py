"""Prompts with other tokens: each change against the tokens that it should make."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.model.addresses import IMAGE_TOKENS, PROMPT_TOKENS
from sam_explore.probes.common.prompt_changes import CHANGES, free_vector, with_padding
from sam_explore.tracing import Trace

from ...small import small_sam, small_trace

TWO = Prompts(points=[(12, 8), (30, 15)], labels=[1, 0])
BOX = Prompts(points=[(12, 8)], box=(3, 2, 30, 18))
HINT = np.linspace(-4, 4, 400).reshape(20, 20)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace(small_sam())


def decoded(trace: Trace, prompt_tokens: torch.Tensor) -> np.ndarray:
    """The logits that these prompt tokens give."""
    with torch.no_grad():
        return trace.sam.decode(trace.encoded.tokens, prompt_tokens)[0][0].numpy()


def changed(trace: Trace, name: str, token=(0, 0)) -> Trace:
    assert CHANGES[name].fits(trace.prompts)
    return CHANGES[name].make(trace, token)


def same(one: np.ndarray, other: np.ndarray) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prompts", [TWO, BOX, Prompts(), Prompts.padding_point()])
@pytest.mark.parametrize("further", [1, 3])
def test_padded_prompts_are_decoded_as_with_so_many_padding_tokens_more(trace, prompts, further):
    asked = trace.with_prompts(prompts)
    padding = trace.sam.prompt_encoder.not_a_point.expand(1, further, -1)
    expected = decoded(asked, torch.cat([asked[PROMPT_TOKENS], padding], dim=1))
    padded = with_padding(asked, further)
    same(padded.prediction.logits, expected)
    assert np.abs(expected - asked.prediction.logits).max() > 1e-3


def test_the_padding_point_goes_on_and_off(trace):
    name = "padding point on or off"
    padding = trace.sam.prompt_encoder.not_a_point[None]
    box, two = (trace.with_prompts(each) for each in (BOX, TWO))
    same(
        changed(box, name).prediction.logits,
        decoded(box, torch.cat([box[PROMPT_TOKENS], padding], dim=1)),
    )
    same(changed(two, name).prediction.logits, decoded(two, two[PROMPT_TOKENS][:, :2]))


def test_a_box_as_two_points_is_that_prompt_and_a_box_over_the_edge_ends_there(trace):
    over = trace.with_prompts(Prompts(box=(3, 2, 60, 18)))
    points = changed(over, "box as two points").prompts
    assert points.points.tolist() == [[3, 2], [40, 18]]
    assert points.labels.tolist() == [1, 1]
    negative = changed(trace.with_prompts(BOX), "negative box: two background points").prompts
    assert negative.labels.tolist() == [1, 0, 0]
    assert negative.box is None


def test_a_negative_box_has_the_step_from_foreground_to_background_added_to_its_corners(trace):
    box, encoder = trace.with_prompts(BOX), trace.sam.prompt_encoder
    tokens = changed(box, "negative box: corners made background")[PROMPT_TOKENS]
    step = encoder.background - encoder.foreground
    torch.testing.assert_close(tokens[0, 1:], box[PROMPT_TOKENS][0, 1:] + step)
    assert torch.equal(tokens[0, 0], box[PROMPT_TOKENS][0, 0])


def test_corners_are_dropped_and_points_become_corners(trace):
    box, two = trace.with_prompts(BOX), trace.with_prompts(TWO)
    without = changed(box, "top left corner dropped").prediction.logits
    same(without, decoded(box, box[PROMPT_TOKENS][:, [0, 2]]))
    without = changed(box, "bottom right corner dropped").prediction.logits
    same(without, decoded(box, box[PROMPT_TOKENS][:, [0, 1]]))
    as_corner = changed(two, "first point as bottom right corner")[PROMPT_TOKENS]
    encoder = trace.sam.prompt_encoder
    moved = encoder.box_bottom_right - encoder.foreground
    torch.testing.assert_close(as_corner[:, 0], two[PROMPT_TOKENS][:, 0] + moved)


def test_the_order_of_the_points_does_not_matter(trace):
    two = trace.with_prompts(TWO)
    reverse = changed(two, "points in reverse order")
    assert reverse.prompts.points.tolist() == [[30, 15], [12, 8]]
    assert reverse.prompts.labels.tolist() == [0, 1]
    same(reverse.prediction.logits, two.prediction.logits)


def test_a_free_vector_is_the_only_token_and_as_long_as_a_foreground_token(trace):
    vector = torch.zeros(32)
    vector[3] = -7
    token = free_vector(trace, vector)[PROMPT_TOKENS]
    assert token.shape == (1, 1, 32)
    # 16 waves have length 4; at a right angle to the learned vector.
    length = np.sqrt(16 + float(trace.sam.prompt_encoder.foreground.norm()) ** 2)
    assert token[0, 0, 3].item() == pytest.approx(-length, rel=1e-5)
    assert token[0, 0].norm().item() == pytest.approx(length, rel=1e-5)


def test_the_picked_image_token_points_the_way_it_did(trace):
    token = changed(trace, "the picked image token alone", (1, 3))[PROMPT_TOKENS][0, 0]
    picked = trace[IMAGE_TOKENS][0, :, 1, 3]
    assert torch.nn.functional.cosine_similarity(token, picked, dim=0) > 0.9999


@pytest.mark.parametrize("name", CHANGES)
def test_a_hint_stays_and_a_change_fits_what_it_needs(trace, name):
    change, hinted = CHANGES[name], trace.with_prompts(Prompts([(3, 4), (5, 6)], mask_hint=HINT))
    if change.fits(hinted.prompts):
        kept = change.make(hinted, (0, 0)).prompts.mask_hint
        np.testing.assert_array_equal(kept, hinted.prompts.mask_hint)
    assert change.fits(Prompts.nothing()) == (not change.needs)
    assert change.fits(Prompts([(3, 4), (5, 6)], box=(1, 2, 3, 4)))
