"""Tokens of another run in place of these: the region, the distance, and what the answer does."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.probes import PatchedTokens
from sam_explore.tracing import Trace

from ...small import SMALL, putting, small_sam, small_trace, tokens_of_norm

AFTER_0 = "image_encoder.vit.blocks.0.hook_residual_post"


def test_the_region_is_a_square_that_the_grid_may_cut():
    assert PatchedTokens(token=(2, 3), reach=0).places((5, 5)) == ((2, 3),)
    assert PatchedTokens(token=(0, 4), reach=1).places((5, 5)) == ((0, 3), (0, 4), (1, 3), (1, 4))
    assert len(PatchedTokens(token=(2, 2), reach=4).places((5, 5))) == 25
    assert PatchedTokens(token=(1, 4), reach=1).places((2, 5)) == ((0, 3), (0, 4), (1, 3), (1, 4))


def test_how_far_the_runs_lie_apart_by_hand():
    trace = small_trace()
    norms = np.full((5, 5), 2.0)
    here = putting(trace, AFTER_0, tokens_of_norm(norms))
    norms[1, 2] = 5.0  # the token is −5 where it was −2: 3 / 2 of its norm
    there = putting(trace, AFTER_0, tokens_of_norm(norms))

    reading = PatchedTokens(token=(1, 2), reach=1, block=0, other=there)(here)

    apart, *_ = reading.readings
    expected = np.zeros((5, 5))
    expected[1, 2] = 1.5
    np.testing.assert_allclose(apart.values, expected)
    assert len(apart.marks) == 9
    # 1.5 / 9 is 0.167.
    assert reading.words.startswith(
        "After block 0, 9 tokens around row 1, column 2 come from the other run; in the mean they "
        "lie 0.167 norms from those that they replace."
    )


def test_all_tokens_of_another_run_give_its_answer_and_its_own_give_none():
    trace = small_trace()
    other = Trace(trace.sam, trace.image[::-1].copy(), trace.prompts)

    patched = PatchedTokens((2, 2), reach=4, block=1, mask=1, other=other)(trace)
    _, change, before, after = patched.readings
    np.testing.assert_allclose(after.values, other.prediction.visible[1], atol=1e-4)
    np.testing.assert_array_equal(before.values, trace.prediction.visible[1])
    np.testing.assert_allclose(change.values, after.values - before.values, atol=1e-6)
    assert before.scale == after.scale

    same = PatchedTokens((2, 2), reach=4, block=1, mask=1, other=trace)(trace)
    assert not same.readings[1].values.any()
    assert same.words.endswith("with the mask before is 1.00.")


def test_without_another_run_it_is_the_mirror_image():
    trace = small_trace()
    mirrored = Trace(trace.sam, trace.image[:, ::-1].copy())

    own, given = PatchedTokens()(trace), PatchedTokens(other=mirrored)(trace)

    np.testing.assert_array_equal(own.readings[1].values, given.readings[1].values)
    assert own.readings[1].values.any()


def test_its_code_names_the_other_run_and_a_knob_it_is_not():
    probe = PatchedTokens(block=2, other=small_trace())
    assert probe.code == "sx.probes.PatchedTokens(block=2, other=other)"
    assert "other" not in PatchedTokens.knobs()


def test_what_is_no_run_of_such_a_model_is_refused_in_words():
    probe = PatchedTokens()
    object.__setattr__(probe, "other", np.zeros(3))  # past the type checks that tests have
    with pytest.raises(TypeError, match=r"other must be the run .+ not a ndarray\."):
        probe(small_trace())
    smaller = small_trace(small_sam(replace(SMALL, name="smaller", encoder_dim=12)))
    with pytest.raises(ValueError, match="a model of this size, small, but is one of smaller"):
        PatchedTokens(other=smaller)(small_trace())
