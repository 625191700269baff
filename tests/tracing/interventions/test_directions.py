"""Directions that are taken off all tokens of a place."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.attribution import PredictedIoU, gradient
from sam_explore.tracing.interventions import RemoveDirections

from ...small import putting, small_trace

POST = "image_encoder.vit.blocks.2.hook_residual_post"
CHANNELS = np.eye(24)


@pytest.fixture(scope="module")
def trace():
    """Tokens whose channel 3 is their number, 0 to 24, and whose channel 5 is 7."""
    tokens = np.zeros((5, 5, 24))
    tokens[..., 3], tokens[..., 5] = np.arange(25).reshape(5, 5), 7
    return putting(small_trace(), POST, tokens)


def test_along_a_direction_all_tokens_get_the_mean(trace):
    now = trace.with_interventions(RemoveDirections(POST, CHANNELS[:, [3]]))[POST][0]
    torch.testing.assert_close(now[..., 3], torch.full((5, 5), 12.0))
    torch.testing.assert_close(now[..., 5], torch.full((5, 5), 7.0))


def test_what_no_token_differs_in_stays(trace):
    now = trace.with_interventions(RemoveDirections(POST, CHANNELS[:, [5, 8]]))[POST]
    assert torch.equal(now, trace[POST])


def test_as_much_can_be_taken_off_along_others(trace):
    now = trace.with_interventions(RemoveDirections(POST, CHANNELS[:, [3]], CHANNELS[:, [8]]))
    change = (now[POST] - trace[POST])[0]
    torch.testing.assert_close(change[..., 8], 12 - torch.arange(25.0).reshape(5, 5))
    assert not change[..., :8].any()
    removed = trace.with_interventions(RemoveDirections(POST, CHANNELS[:, [3]]))
    lengths = (removed[POST] - trace[POST])[0].norm(dim=-1)
    torch.testing.assert_close(change.norm(dim=-1), lengths)


def test_equal_directions_are_one_intervention_and_others_are_not():
    one = RemoveDirections(POST, CHANNELS[:, :2])
    assert one == RemoveDirections(POST, torch.eye(24)[:, :2])
    assert one != RemoveDirections(POST, CHANNELS[:, 1:3])
    assert one != RemoveDirections(POST, CHANNELS[:, :2], CHANNELS[:, 2:4])
    assert repr(one) == f"RemoveDirections({POST!r}, 2 directions)"


@pytest.mark.parametrize(
    ("directions", "said"),
    [
        (CHANNELS[:, 0], r"a table of finite numbers \(channel, direction\), but has the shape"),
        (2 * CHANNELS[:, :1], "must each have the length 1 and be at right angles"),
        (CHANNELS[:, [1, 1]], "must each have the length 1 and be at right angles"),
    ],
)
def test_what_are_no_directions_is_refused(directions, said):
    with pytest.raises(ValueError, match=said):
        RemoveDirections(POST, directions)


def test_what_does_not_fit_is_refused(trace):
    with pytest.raises(ValueError, match=r"as many directions as directions, \(24, 2\)"):
        RemoveDirections(POST, CHANNELS[:, :2], CHANNELS[:, :1])
    with pytest.raises(
        ValueError, match=r"must have the 24 channels of image_encoder\.vit.*, not 23"
    ):
        trace.with_interventions(RemoveDirections(POST, np.eye(23)[:, :1]))[POST]
    scores = "image_encoder.vit.blocks.1.attention.hook_scores"
    with pytest.raises(ValueError, match="must be a place where tokens lie on the grid"):
        trace.with_interventions(RemoveDirections(scores, CHANNELS[:, :1]))


def test_made_under_inference_mode_it_takes_part_in_gradients():
    with torch.inference_mode():
        there = RemoveDirections(POST, CHANNELS[:, [3]])
    here = RemoveDirections(POST, CHANNELS[:, [3]])
    found, wanted = (
        gradient(small_trace().with_interventions(each), PredictedIoU(1), "input")
        for each in (there, here)
    )
    np.testing.assert_array_equal(found, wanted)
    assert found.any()
