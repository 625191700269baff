"""Blocks in another order, where what each adds is known."""

import numpy as np
import pytest
import torch

from sam_explore.tracing import answer_in_order, tokens_in_order
from sam_explore.tracing.interventions import AblateBlock

from ..small import putting, small_trace

BLOCKS = "image_encoder.vit.blocks"


@pytest.fixture(scope="module")
def adding():
    """Block 1 adds 1 to channel 3, block 2 doubles nothing but adds 10; the others add nothing."""
    trace = small_trace()
    for block in range(4):
        trace = trace.with_interventions(AblateBlock(block))
    for block, amount in ((1, 1.0), (2, 10.0)):
        added = np.zeros((1, 5, 5, 24))
        added[..., 3] = amount
        trace = putting(trace, f"{BLOCKS}.{block}.mlp.hook_out", added)
    return trace


@pytest.mark.parametrize(
    ("order", "added"),
    [((0, 1, 2, 3), 11), ((0, 2, 3), 10), ((0, 1, 1, 2, 3), 12), ((3, 2, 1, 0), 11), ((), 0)],
)
def test_each_block_adds_its_own_as_often_as_it_comes(adding, order, added):
    first = adding[f"{BLOCKS}.0.hook_residual_pre"]
    change = tokens_in_order(adding, order) - first
    torch.testing.assert_close(change[..., 3], torch.full((1, 5, 5), float(added)))
    assert not change[..., :3].any()


def test_the_models_own_order_gives_its_own_answer_to_the_last_digit():
    trace = small_trace()
    np.testing.assert_array_equal(answer_in_order(trace, range(4)).logits, trace.prediction.logits)


def test_leaving_a_block_out_is_what_its_ablation_does():
    trace = small_trace()
    without = answer_in_order(trace, (0, 1, 3)).logits
    ablated = trace.with_interventions(AblateBlock(2)).prediction.logits
    np.testing.assert_allclose(without, ablated, rtol=1e-4, atol=1e-4)
    swapped = answer_in_order(trace, (0, 2, 1, 3)).logits
    assert np.abs(swapped - trace.prediction.logits).max() > 0.01


def test_a_block_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"block must be 0 to 3 in this model, not 4\."):
        tokens_in_order(small_trace(), (0, 4))
