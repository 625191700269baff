"""Maps in wide use, on a network that is linear and on attention that is put there."""

import numpy as np
import pytest

from sam_explore.model.addresses import EVERY, in_block
from sam_explore.tracing.attribution import BASELINES, MeanLogit, attribute, baseline, value_of
from sam_explore.tracing.attribution.removal import value_without
from sam_explore.tracing.interventions import AblateAttention

from ...small import putting, small_trace
from .linear import linear_trace


def everywhere(mask: int = 1) -> MeanLogit:
    return MeanLogit(mask, np.ones((20, 20), bool), "logits")


def test_integrated_gradients_of_something_linear_are_gradient_times_content():
    trace = linear_trace()
    found = baseline(trace, everywhere(), "integrated gradients")
    np.testing.assert_allclose(
        found, attribute(trace, everywhere(), "gradient times embedding"), atol=1e-6
    )


def test_integrated_gradients_add_up_to_the_whole_difference():
    trace = small_trace()
    found = baseline(trace, everywhere(), "integrated gradients")
    without = value_without(trace, everywhere(), np.ones((5, 5), bool))
    assert found.sum() == pytest.approx(value_of(trace, everywhere()) - without, rel=0.05)


def test_grad_cam_of_something_linear_is_the_content_where_it_is_positive():
    trace = linear_trace()
    # Of mask 1 a logit is twice the channel 0 of its token, of 25: a mean gradient of 2 / 25, which
    # is the same for all tokens. The other channels hold nothing.
    content = trace.encoded.tokens[0, 0].numpy()
    found = baseline(trace, everywhere(), "Grad-CAM")
    np.testing.assert_allclose(found, np.maximum(content * 2 / 25, 0), atol=1e-6)


def test_rollout_of_even_global_attention_is_spread_by_a_half_a_block():
    trace = small_trace().with_windows((0,) * 4)
    trace = putting(trace, in_block(EVERY, "attention.hook_pattern"), np.full((1, 2, 25, 25), 0.04))
    region = np.zeros((20, 20), bool)
    region[:4, :4] = True  # the first token
    found = baseline(trace, MeanLogit(1, region, "logits"), "attention rollout")
    # In each of four blocks a half stays, and the other half goes to all 25 alike.
    stays = 0.5**4
    np.testing.assert_allclose(found[0, 0], stays + (1 - stays) / 25, rtol=1e-5)
    np.testing.assert_allclose(found.ravel()[1:], (1 - stays) / 25, rtol=1e-5)


def test_rollout_stays_in_windows():
    trace = small_trace().with_windows((3,) * 4)
    region = np.zeros((20, 20), bool)
    region[:4, :4] = True
    found = baseline(trace, MeanLogit(1, region, "logits"), "attention rollout")
    assert found[:3, :3].sum() == pytest.approx(1, rel=1e-4)  # the first window has no padding
    assert not found[3:].any()
    assert not found[:, 3:].any()


def test_relevance_without_attention_is_what_the_decoders_gradient_says():
    trace = small_trace().with_interventions(*(AblateAttention(block) for block in range(4)))
    found = baseline(trace, everywhere(), "relevance")
    own = attribute(trace, everywhere(), "gradient times embedding")
    np.testing.assert_allclose(found, np.maximum(own, 0), rtol=1e-4, atol=1e-6)
    with_attention = baseline(small_trace(), everywhere(), "relevance")
    plain = attribute(small_trace(), everywhere(), "gradient times embedding")
    assert (with_attention >= np.maximum(plain, 0) - 1e-5).all()
    assert with_attention.sum() > np.maximum(plain, 0).sum() * 1.0001


@pytest.mark.parametrize("method", BASELINES)
def test_no_hook_stays(method):
    trace = small_trace()
    assert baseline(trace, everywhere(), method).shape == (5, 5)
    assert not [name for name, each in trace.sam.named_modules() if each._forward_hooks]


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of Grad-CAM, integrated gradients, "):
        baseline(small_trace(), everywhere(), "guesses")
