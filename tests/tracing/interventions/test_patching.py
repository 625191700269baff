"""Tokens of another run: they are put in exactly, in their places, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import PatchTokens

from ...small import SMALL, small_sam, small_trace

POST = "image_encoder.vit.blocks.{}.hook_residual_post"
EVERYWHERE = [(row, column) for row in range(5) for column in range(5)]


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


@pytest.fixture(scope="module")
def other(trace):
    """The same click on another picture."""
    image = np.random.default_rng(1).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    return Trace(trace.sam, image, trace.prompts)


def test_a_region_is_that_of_the_other_picture_and_the_rest_is_its_own(trace, other):
    patched = trace.with_interventions(PatchTokens(other, 1, [(0, 1), (3, 2)]))[POST.format(1)]
    assert torch.equal(patched[0, 0, 1], other[POST.format(1)][0, 0, 1])
    assert torch.equal(patched[0, 3, 2], other[POST.format(1)][0, 3, 2])
    is_own = (patched == trace[POST.format(1)]).all(dim=-1)[0]
    assert is_own.sum() == 23
    assert not is_own[0, 1]
    assert not is_own[3, 2]


@pytest.mark.parametrize("block", range(4))
def test_with_all_tokens_it_goes_on_as_the_other_run(trace, other, block):
    patched = trace.with_interventions(PatchTokens(other, block, EVERYWHERE)).prediction
    np.testing.assert_array_equal(patched.logits, other.prediction.logits)
    np.testing.assert_array_equal(patched.iou, other.prediction.iou)


def test_its_own_tokens_change_nothing(trace):
    patched = trace.with_interventions(PatchTokens(trace, 2, [(1, 1), (4, 0)])).prediction
    np.testing.assert_array_equal(patched.logits, trace.prediction.logits)


def test_a_part_of_the_block_can_be_patched_alone(trace, other):
    name = "image_encoder.vit.blocks.2.attention.hook_out"
    patched = trace.with_interventions(PatchTokens(other, 2, (4, 4), at="attention.hook_out"))
    assert torch.equal(patched[name][0, 4, 4], other[name][0, 4, 4])
    assert patched.edits == (name,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4, (0, 0)), "block must be 0 to 3 in this model, not 4"),
        ((0, (0, 5)), r"tokens must be .* \(0, 5\) is outside"),
        ((0, []), "tokens must be rows and columns"),
        ((0, (0, 0), "hook_residual"), "closest are: .*hook_residual_"),
        ((0, (0, 0), "attention.hook_q"), "tokens lie on the grid, but the axes of"),
    ],
)
def test_what_the_source_does_not_have_is_refused_when_the_patch_is_made(other, arguments, message):
    with pytest.raises(ValueError, match=message):
        PatchTokens(other, *arguments)


def test_a_patch_that_does_not_fit_the_model_is_refused(other):
    shallow = replace(SMALL, encoder_depth=2, global_blocks=(1,))
    with pytest.raises(ValueError, match="block must be 0 to 1 in this model, not 2"):
        small_trace(small_sam(shallow)).with_interventions(PatchTokens(other, 2, (0, 0)))
    coarse = replace(SMALL, image_size=32)
    with pytest.raises(ValueError, match=r"from 0 to 3, .* but \(4, 4\) is outside"):
        small_trace(small_sam(coarse)).with_interventions(PatchTokens(other, 2, (4, 4)))
    narrow = small_trace(small_sam(replace(SMALL, encoder_dim=16)))
    with pytest.raises(ValueError, match=r"source has 24 channels at .* this model 16"):
        narrow.with_interventions(PatchTokens(other, 2, (4, 4))).prediction  # noqa: B018
