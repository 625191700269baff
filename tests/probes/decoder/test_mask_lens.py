"""The decoder read early: at its end the lens is the run itself, and controls are runs too."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model.addresses import DECODER_TOKENS_IN, IMAGE_IN
from sam_explore.probes import MaskLens
from sam_explore.tracing import early_logits, edit, read_early, zero

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_at_the_end_it_is_the_runs_own_mask(trace):
    gallery, chart = MaskLens((1, 4), mask=1)(trace).readings
    np.testing.assert_allclose(
        gallery.maps[-1].values, trace.prediction.visible[1], rtol=1e-4, atol=1e-4
    )
    assert chart.x_labels == (
        "before layers",
        "after layer 0",
        "after layer 1",
        "after last look",
    )
    assert chart.curves[0].y[-1] == 1


def test_before_the_layers_it_is_the_mask_of_the_untouched_token_and_image(trace):
    first = MaskLens((1, 4), mask=2)(trace).readings[0].maps[0].values
    tokens, image = trace[DECODER_TOKENS_IN], trace[IMAGE_IN]
    generator = trace.sam.mask_decoder.mask_generator
    with torch.no_grad():
        expected = generator(image, tokens[:, 1:5])[0, 2].numpy()
    np.testing.assert_allclose(first, expected[:10], rtol=1e-4, atol=1e-4)


def test_what_the_prompt_has_no_part_in_is_the_same_for_another_prompt(trace):
    own, other, _ = (curve.y for curve in MaskLens((1, 4), mask=1)(trace).readings[1].curves)
    assert own[0] == other[0]  # no token has looked at the prompt yet
    moved = trace.with_prompts(Prompts(points=[(36, 12)]))
    cut = (run.prediction.visible[1] > 0 for run in (trace, moved))
    assert other[-1] == pytest.approx(mask_iou(*cut))
    here = MaskLens((0, 1), mask=1)(trace.with_prompts(Prompts(points=[(12, 4)])))
    assert np.array_equal(*(curve.y for curve in here.readings[1].curves[:2]))  # it was there


def test_a_mask_generator_that_ignores_its_token_reads_the_same_of_random_ones():
    sam = small_sam()
    for layer in sam.mask_decoder.mask_generator.token_heads[1].layers:
        layer.weight.zero_()
    own, _, chance = (
        curve.y for curve in MaskLens((1, 4), mask=1)(small_trace(sam)).readings[1].curves
    )
    np.testing.assert_allclose(own, chance)


def test_the_true_iou_is_drawn_and_said_stage_by_stage(trace):
    truth = trace.prediction.upscaled[1] > 0
    reading = MaskLens((1, 4), mask=1, truth=truth)(trace)
    true = reading.readings[1].curves[-1]
    assert true.name == "true, the truth given"
    assert true.y[-1] == pytest.approx(1, abs=0.02)  # the run's own mask
    each = ", ".join(f"{iou:.2f}" for iou in true.y)
    assert reading.words.endswith(f"The true IoU with the truth given, stage by stage: {each}.")


def test_the_lens_is_no_run_through_hooks_of_others():
    trace = small_trace()
    read = read_early(trace, "before the layers")
    name = "mask_decoder.mask_generator.hook_logits"
    with edit(trace.sam, {name: zero}), pytest.raises(RuntimeError, match="Something is attached"):
        early_logits(trace, *read)
    assert early_logits(trace, *read).any()
