"""The encoder read early: at its end the lens is the run itself, and controls are runs too."""

import numpy as np
import pytest

from sam_explore.mask_overlap import mask_iou
from sam_explore.probes import EncoderLens
from sam_explore.probes.causes.encoder_lens import straight_to_the_projection
from sam_explore.tracing.interventions import AblateBlock

from ...small import putting, small_trace

BLOCKS = "image_encoder.vit.blocks"


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_at_the_end_it_is_the_runs_own_mask(trace):
    gallery, chart = EncoderLens((1, 4), mask=1)(trace).readings
    np.testing.assert_allclose(gallery.maps[-1].values, trace.prediction.visible[1], atol=1e-4)
    assert chart.curves[0].y[-1] == 1
    assert chart.x_labels == (
        "after embedding", "after block 0", "after block 1", "after block 2", "after block 3",
    )  # fmt: skip


def test_it_is_the_run_whose_later_blocks_add_nothing(trace):
    maps = EncoderLens((1, 4), mask=2)(trace).readings[0].maps
    for depth in (0, 2):
        skipped = trace.with_interventions(*map(AblateBlock, range(depth, 4)))
        np.testing.assert_allclose(
            maps[depth].values, skipped.prediction.visible[2], rtol=1e-4, atol=1e-4
        )


def test_the_controls_are_another_prompt_and_a_picture_without_anything_in_it(trace):
    probe = EncoderLens((0, 1), mask=1)
    own, other, mean = (curve.y for curve in probe(trace).readings[1].curves[:3])
    assert np.array_equal(own, other)  # the click is there already
    last = trace[f"{BLOCKS}.3.hook_residual_post"]
    blank = straight_to_the_projection(trace, last.mean(dim=(1, 2), keepdim=True).expand_as(last))
    cut = (run.prediction.visible[1] > 0 for run in (trace, blank))
    assert mean[-1] == pytest.approx(mask_iou(*cut))


def test_the_words_have_the_lens_by_depth_and_the_most_of_each_control(trace):
    reading = EncoderLens((1, 4), mask=1)(trace)
    own, other, mean = (curve.y for curve in reading.readings[1].curves[:3])
    depths = ("after the embedding", *(f"after block {block}" for block in range(4)))
    said = "; ".join(f"{at}: {each:.2f}" for at, each in zip(depths, own, strict=True))
    assert f"at the end: {said}." in reading.words
    most = f"at most {other[:-1].max():.2f}, and the mean token {mean[:-1].max():.2f}."
    assert f"the prompt at row 1, column 4 has {most}" in reading.words


def test_of_tokens_that_are_all_alike_the_lens_is_no_better_than_their_mean():
    same = putting(small_trace(), f"{BLOCKS}.*.hook_residual_post", np.ones((5, 5, 24)))
    own, _, mean = (curve.y for curve in EncoderLens(mask=1)(same).readings[1].curves[:3])
    np.testing.assert_allclose(own[1:], mean[1:])
