"""Dropped tokens: the decoder answers as if they had never been put in. Swapped labels likewise."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import (
    DropMaskToken,
    DropPaddingToken,
    DropPromptToken,
    RetypePromptToken,
    SetPromptToken,
    SwapForegroundBackground,
)

from ...small import small_sam, small_trace

TOKENS = "prompt_encoder.hook_tokens"
POINTS = Prompts(points=[(12, 8), (30, 15)], labels=[1, 0])
BOX = Prompts(points=[(12, 8)], box=(3, 2, 30, 18))


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam()).with_prompts(POINTS)


def decoded(trace: Trace, prompt_tokens: torch.Tensor) -> np.ndarray:
    """The logits that these prompt tokens give."""
    with torch.no_grad():
        return trace.sam.decode(trace.encoded.tokens, prompt_tokens)[0][0].numpy()


def test_without_its_padding_token_a_click_is_decoded_from_its_points(trace):
    # Two points make tokens 0 and 1, and 2 is the padding.
    dropped = trace.with_interventions(DropPaddingToken()).prediction.logits
    np.testing.assert_allclose(dropped, decoded(trace, trace[TOKENS][:, :2]), rtol=1e-4, atol=1e-5)
    assert np.abs(dropped - trace.prediction.logits).max() > 1e-3


@pytest.mark.parametrize("prompts", [POINTS, BOX], ids=["points", "box"])
@pytest.mark.parametrize("token", [0, 1, 2])
def test_without_a_prompt_token_the_others_are_decoded(trace, prompts, token):
    asked = trace.with_prompts(prompts)
    others = [each for each in range(3) if each != token]
    dropped = asked.with_interventions(DropPromptToken(token)).prediction.logits
    expected = decoded(asked, asked[TOKENS][:, others])
    np.testing.assert_allclose(dropped, expected, rtol=1e-4, atol=1e-5)


def test_without_all_prompt_tokens_it_is_the_run_without_prompts(trace):
    dropped = trace.with_interventions(*map(DropPromptToken, range(3))).prediction
    empty = trace.with_prompts(Prompts()).prediction
    np.testing.assert_allclose(dropped.logits, empty.logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dropped.iou, empty.iou, rtol=1e-4, atol=1e-5)


def test_without_a_mask_token_the_others_are_decoded_as_if_it_were_not_there(trace):
    decoder, name = trace.sam.mask_decoder, "mask_decoder.transformer.hook_tokens"
    # IoU token, four mask tokens, three prompt tokens; the third mask token is number 3.
    others = [0, 1, 2, 4, 5, 6, 7]
    image = trace["mask_decoder.hook_image_in"].flatten(2).transpose(1, 2)
    encoding = trace["coordinate_encoder.hook_grid"].flatten(1).T
    with torch.no_grad():
        tokens = trace["mask_decoder.hook_tokens_in"][:, others]
        expected, _ = decoder.transformer(tokens, image, encoding)

    dropped = trace.with_interventions(DropMaskToken(2))

    torch.testing.assert_close(dropped[name][:, others], expected, rtol=1e-4, atol=1e-5)
    assert (dropped[name] - trace[name]).abs().max() > 1e-3
    assert np.isfinite(dropped.prediction.logits).all()


def test_a_dropped_token_is_the_one_of_the_prompts_at_hand(trace):
    dropped = trace.with_interventions(DropPaddingToken()).with_prompts(Prompts([(4, 4)]))
    tokens = dropped[TOKENS]
    expected = decoded(dropped, tokens[:, :1])
    np.testing.assert_allclose(dropped.prediction.logits, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("intervention", "prompts", "message"),
    [
        (DropPaddingToken(), BOX, "no padding token to drop"),
        (DropPaddingToken(), Prompts(), "no padding token to drop"),
        (DropPromptToken(3), POINTS, "Prompt token 3 can't be dropped: these prompts make 3"),
        (DropPromptToken(-1), POINTS, "Prompt token -1 can't be dropped"),
        (DropPromptToken(0), Prompts(), "these prompts make 0"),
        (RetypePromptToken(3, "foreground"), POINTS, "token 3 can't get another kind: these"),
        (SetPromptToken(3, torch.zeros(32)), BOX, "token 3 can't be set: these prompts make 3"),
    ],
)
def test_a_token_that_is_not_there_is_refused_by_the_decoder_alone(
    trace, intervention, prompts, message
):
    dropped = trace.with_prompts(prompts).with_interventions(intervention)
    assert torch.equal(dropped.encoded.tokens, trace.encoded.tokens)
    with pytest.raises(ValueError, match=message):
        dropped.prediction  # noqa: B018
    assert trace.prediction is not None


def test_a_mask_token_that_the_model_does_not_have_is_refused_at_once(trace):
    with pytest.raises(ValueError, match="mask must be 0 to 3 in this model, not 4"):
        trace.with_interventions(DropMaskToken(4))


@pytest.mark.parametrize("prompts", [POINTS, BOX], ids=["points", "box"])
def test_swapped_embeddings_are_swapped_labels(trace, prompts):
    opposite = Prompts(prompts.points, 1 - prompts.labels, prompts.box)
    swapped = trace.with_prompts(prompts).with_interventions(SwapForegroundBackground())
    other = trace.with_prompts(opposite)
    torch.testing.assert_close(swapped[TOKENS], other[TOKENS])
    expected = other.prediction.logits
    np.testing.assert_allclose(swapped.prediction.logits, expected, rtol=1e-4, atol=1e-5)


def test_without_points_there_is_nothing_to_swap(trace):
    plain = trace.with_prompts(Prompts(box=(3, 2, 30, 18)))
    swapped = plain.with_interventions(SwapForegroundBackground())
    assert np.array_equal(swapped.prediction.logits, plain.prediction.logits)


def test_a_padding_point_that_is_all_that_is_given_can_be_dropped():
    trace = small_trace().with_prompts(Prompts.padding_point())
    dropped = trace.with_interventions(DropPaddingToken()).prediction.logits
    nothing = trace.with_prompts(Prompts.nothing()).prediction.logits
    assert np.abs(trace.prediction.logits - nothing).max() > 1e-3
    np.testing.assert_allclose(dropped, nothing, rtol=1e-4, atol=1e-4)


def test_a_click_that_gets_a_corners_kind_is_encoded_as_that_corner(trace):
    # The place of point 0 is (12, 8); a box from there has it as its top left corner.
    retyped = trace.with_interventions(RetypePromptToken(0, "box top left"))[TOKENS]
    corner = trace.with_prompts(Prompts(box=(12, 8, 30, 18)))[TOKENS]
    torch.testing.assert_close(retyped[:, 0], corner[:, 0])
    assert torch.equal(retyped[:, 1:], trace[TOKENS][:, 1:])


def test_a_background_click_that_gets_the_other_kind_is_a_foreground_click(trace):
    retyped = trace.with_interventions(RetypePromptToken(1, "foreground"))
    both = trace.with_prompts(Prompts(POINTS.points))
    torch.testing.assert_close(retyped[TOKENS], both[TOKENS])
    np.testing.assert_allclose(
        retyped.prediction.logits, both.prediction.logits, rtol=1e-4, atol=1e-5
    )


def test_a_click_that_is_not_a_point_loses_its_place(trace):
    retyped = trace.with_interventions(RetypePromptToken(0, "not a point"))[TOKENS]
    padding = trace.sam.prompt_encoder.not_a_point
    torch.testing.assert_close(retyped[:, 0], padding)
    torch.testing.assert_close(retyped[:, 2], padding)


def test_a_padding_point_with_another_kind_has_no_place(trace):
    retyped = trace.with_interventions(RetypePromptToken(2, "background"))[TOKENS]
    torch.testing.assert_close(retyped[:, 2], trace.sam.prompt_encoder.background)


def test_the_kind_a_token_has_already_changes_nothing(trace):
    same = trace.with_interventions(RetypePromptToken(1, "background"))
    torch.testing.assert_close(same[TOKENS], trace[TOKENS])


def test_a_vector_of_ones_own_is_the_token(trace):
    vector = np.arange(32.0)
    given = trace.with_interventions(SetPromptToken(1, vector))
    vector[:] = 0  # a copy was taken
    assert given[TOKENS][0, 1].tolist() == list(range(32))
    assert torch.equal(given[TOKENS][:, [0, 2]], trace[TOKENS][:, [0, 2]])
    expected = decoded(given, given[TOKENS])
    np.testing.assert_allclose(given.prediction.logits, expected, rtol=1e-4, atol=1e-5)


def test_unknown_kinds_and_vectors_that_do_not_fit_are_refused_at_once(trace):
    with pytest.raises(ValueError, match=r"kind must be one of 'background', .* not 'corner'\."):
        RetypePromptToken(0, "corner")
    with pytest.raises(ValueError, match=r"one row of finite numbers.* the shape \(2, 3\)\."):
        SetPromptToken(0, np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"has the shape \(1,\) and holds others\."):
        SetPromptToken(0, [np.nan])
    with pytest.raises(ValueError, match=r"must have 32 numbers, as the decoder .* not 3\."):
        trace.with_interventions(SetPromptToken(0, [1, 2, 3]))
