"""A model whose answer is given, asked with hints."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import HintEffect
from sam_explore.probes.hints.hint_effect import LARGEST

from ...small import answering, small_sam, small_trace

LEFT = np.full((4, 10, 20), -4.0)
LEFT[:, :, :10] = 4
UPPER = np.full((20, 20), -2.0, np.float32)
UPPER[:5] = 8  # the picture is the first 10 rows


@pytest.fixture(scope="module")
def trace():
    """Whatever it is asked, its masks are the left half."""
    return answering(small_trace(), LEFT, [0.9, 0.2, 0.8, 0.3])


def test_a_model_that_does_not_listen_keeps_its_mask_at_every_size(trace):
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(UPPER))
    maps, overlaps = HintEffect()(hinted).readings
    alone, together, unmoved = (curve.y.tolist() for curve in overlaps.curves)
    assert overlaps.x.tolist() == list(LARGEST)
    # Left and upper half have a quarter in common, of three quarters. With zeros it is the same:
    # this model follows nothing.
    assert alone == together == pytest.approx([1 / 3] * 7)
    assert unmoved == [1] * 7
    # Over the picture half of the cells are above 0.
    assert HintEffect()(hinted).words == (
        "The hint is the run's own. Mask 2 covers 50 % of the picture with the click and no hint, "
        "50 % with the click and the hint, and 50 % with the hint alone. At 30 logits the mask of "
        "the hint alone has an IoU of 0.33 (zeros: 0.33) with the hint's own. With the click and "
        "the hint it has 0.33 (zeros: 0.33) with the hint's own, and 1.00 (zeros: 1.00) with the "
        "mask of the click without a hint. In brackets is what a hint of zeros gives, which says "
        "nothing of any place."
    )
    assert [each.title for each in maps.maps] == [
        "The hint",
        "The click, no hint",
        "The click and the hint",
        "The hint alone",
    ]
    # Scaled so that 8 becomes 10.
    np.testing.assert_allclose(maps.maps[0].values[[0, 9], 0], [10, -2.5])


def test_a_hint_elsewhere_is_the_same_half_a_picture_lower(trace):
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(UPPER))
    maps, overlaps = HintEffect(form="elsewhere", largest=8)(hinted).readings
    np.testing.assert_allclose(maps.maps[0].values[[0, 4, 5, 9], 0], [-2, -2, 8, 8])
    assert overlaps.curves[0].y.tolist() == pytest.approx([1 / 3] * 7)  # the lower half


def test_a_negated_hint_means_the_rest_and_a_shifted_one_more_or_less(trace):
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(UPPER))
    maps, overlaps = HintEffect(form="negated", largest=8)(hinted).readings
    np.testing.assert_allclose(maps.maps[0].values[[0, 9], 0], [-8, 2])
    assert overlaps.curves[0].y.tolist() == pytest.approx([1 / 3] * 7)  # the lower half
    maps, overlaps = HintEffect(form="shifted", shift=3, largest=8)(hinted).readings
    np.testing.assert_allclose(maps.maps[0].values[[0, 9], 0], [11, 1])
    # −2 of 8 scaled to s, plus 3: above 0 everywhere up to s = 10, where it is 0.5.
    assert overlaps.curves[0].y.tolist() == pytest.approx([1 / 2] * 5 + [1 / 3] * 2)


def test_without_a_hint_of_its_own_the_answer_is_the_hint(trace):
    reading = HintEffect()(trace)
    maps, overlaps = reading.readings
    assert overlaps.curves[0].y.tolist() == [1] * 7
    np.testing.assert_allclose(maps.maps[0].values[0, [0, 19]], [10, -10])
    assert "made of the logits of mask 2 without one" in reading.words


def test_with_no_other_prompt_it_says_so(trace):
    reading = HintEffect()(trace.with_prompts(Prompts(mask_hint=UPPER)))
    assert [each.title for each in reading.readings[0].maps] == [
        "The hint",
        "No prompt, no hint",
        "No prompt and the hint",
        "The hint alone",
    ]


def test_a_hint_moves_a_model_that_listens():
    trace = small_trace()
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(UPPER))
    _, without, with_both, alone = (each.values for each in HintEffect()(hinted).readings[0].maps)
    asked = HintEffect()._hint(hinted, UPPER.astype(float), 10.0)
    mask = trace.prediction.chosen
    np.testing.assert_array_equal(without, trace.prediction.visible[mask])
    expected = trace.with_prompts(trace.prompts.with_mask_hint(asked)).prediction
    np.testing.assert_array_equal(with_both, expected.visible[mask])
    assert np.abs(with_both - without).max() > 0.1
    assert np.abs(alone - with_both).max() > 0.01


def test_nothing_of_it_is_cached():
    trace = small_trace(small_sam())
    trace.prediction  # noqa: B018
    HintEffect()(trace)
    before = trace.engine.store.bytes
    HintEffect(form="negated")(trace)
    assert trace.engine.store.bytes == before
