"""A token of another length."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.interventions import ResizeToken

from ...small import putting, small_trace, tokens_of_norm

POST = "image_encoder.vit.blocks.2.hook_residual_post"


def test_it_gets_so_many_lengths_of_the_median_token_and_keeps_its_direction():
    norms = np.arange(1.0, 26).reshape(5, 5)  # of which 13 is the median
    trace = putting(small_trace(), POST, tokens_of_norm(norms)[None])
    now = trace.with_interventions(ResizeToken(2, (0, 3), 10))[POST][0]
    assert now[0, 3].norm() == pytest.approx(130)
    assert now[0, 3, 7] == pytest.approx(-130)
    now[0, 3] = trace[POST][0, 0, 3]
    assert torch.equal(now, trace[POST][0])


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"times must be 0 or more, not -1\."):
        ResizeToken(2, (0, 0), -1)
    with pytest.raises(ValueError, match=r"column must be 0 to 4 in this model, not 5\."):
        small_trace().with_interventions(ResizeToken(2, (0, 5), 3))


def test_a_token_may_be_a_list_or_an_array():
    for token in ([0, 3], np.array([0, 3]), np.array([[0, 3]])):
        assert ResizeToken(2, token, 10) == ResizeToken(2, (0, 3), 10)
    small_trace().with_interventions(ResizeToken(2, [0, 3], 10))
    with pytest.raises(ValueError, match=r"token must be row and column of one token, not \["):
        ResizeToken(2, [(0, 3), (1, 2)], 10)
