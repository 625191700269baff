"""Tokens in another order: what a transformer without any use of the grid would not notice."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.interventions import AblateRelativePositions, ShuffleTokens

from ...small import putting, small_trace

LAST = "image_encoder.vit.blocks.3.hook_residual_post"


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def moved(trace):
    """How far the last block's tokens are from those in order, relative to their size."""
    plain, shuffled = trace[LAST], trace.with_interventions(ShuffleTokens(seed=1))[LAST]
    return float((shuffled - plain).norm() / plain.norm())


def test_tokens_change_places_and_go_back(trace):
    numbered = np.zeros((1, 5, 5, 24))
    numbered[0, :, :, 0] = np.arange(25).reshape(5, 5)
    first = "image_encoder.vit.blocks.0.hook_residual_pre"
    shuffled = putting(trace, first, numbered).with_interventions(ShuffleTokens())
    now = shuffled[first][0, :, :, 0].flatten()
    assert not torch.equal(now, torch.arange(25.0))
    assert torch.equal(now.sort().values, torch.arange(25.0))
    # Put at the end of the last block, they were put there in the wrong order, and are turned back.
    back = putting(trace, LAST, now.view(1, 5, 5, 1).numpy()).with_interventions(ShuffleTokens())
    assert torch.equal(back[LAST][0, :, :, 0].flatten(), torch.arange(25.0))


def test_global_attention_without_relative_positions_makes_no_use_of_the_grid(trace):
    nowhere = trace.with_windows((0,) * 4).with_interventions(AblateRelativePositions())
    assert moved(nowhere) < 1e-5


def test_windows_alone_and_relative_positions_alone_make_use_of_it(trace):
    assert moved(trace.with_windows((0,) * 4)) > 0.01
    assert moved(trace.with_interventions(AblateRelativePositions())) > 0.01
