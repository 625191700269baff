"""What a head puts out, at another length."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.interventions import ResizeHead

from ...small import putting, small_trace

OUT = "image_encoder.vit.blocks.1.attention.hook_out_per_head"  # global: one window of 25 tokens


def test_every_token_gets_that_length_and_keeps_its_direction():
    vectors = np.zeros((1, 2, 25, 12))
    vectors[..., 4] = np.arange(25) - 12.0  # to one side, nowhere, and to the other
    trace = putting(small_trace(), OUT, vectors)
    now = trace.with_interventions(ResizeHead(1, 1, 3))[OUT]
    assert torch.equal(now[:, 0], trace[OUT][:, 0])
    np.testing.assert_allclose(now[0, 1, :, 4], 3 * np.sign(vectors[0, 1, :, 4]), rtol=1e-6)
    assert not trace.with_interventions(ResizeHead(1, 1, 0))[OUT][:, 1].any()


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"norm must be 0 or more, not -1\."):
        ResizeHead(1, 0, -1)
    with pytest.raises(ValueError, match=r"head must be 0 to 1 in this model, not 2\."):
        small_trace().with_interventions(ResizeHead(1, 2, 1))
    with pytest.raises(ValueError, match=r"block must be 0 to 3 in this model, not 4\."):
        small_trace().with_interventions(ResizeHead(4, 0, 1))
