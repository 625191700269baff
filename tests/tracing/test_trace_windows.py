"""Windows and relative positions as arguments of a traced run."""

import numpy as np
import pytest
import torch

from sam_explore.preprocessing import Preprocessing
from sam_explore.tracing import Trace, between_steps

from ..small import small_sam, small_trace


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def trace(sam) -> Trace:
    return small_trace(sam)


def steps_of(trace: Trace) -> list[str]:
    """The steps that are run for the encoded picture; none if all was there."""
    steps: list[str] = []
    with between_steps(steps.append):
        assert trace.encoded.tokens.isfinite().all()
    return [step.removeprefix("Image encoder: ") for step in steps]


@pytest.mark.parametrize("relative_positions", ["interpolate", "crop"])
def test_a_trace_runs_the_windows_it_is_given(sam, trace, relative_positions):
    pixels, _ = Preprocessing()(trace.image, sam.config)
    windows = (2, 3, 1, 0)

    tokens = trace.with_windows(windows, relative_positions).encoded.tokens

    with torch.no_grad():
        expected = sam.encode_image(pixels[None], windows, relative_positions)
    torch.testing.assert_close(tokens, expected, rtol=1e-4, atol=1e-5)


def test_cropping_is_another_run_than_interpolating(trace):
    interpolated = trace.with_windows((2, 0, 2, 0))
    cropped = trace.with_windows((2, 0, 2, 0), "crop")

    assert np.abs(interpolated.prediction.logits - cropped.prediction.logits).max() > 1e-2


def test_blocks_before_the_first_changed_window_are_shared(trace):
    steps_of(trace)

    after = ["block 3 of 4", "block 4 of 4", "channel projection"]
    assert steps_of(trace.with_windows((3, 0, 2, 0))) == after
    assert steps_of(trace.with_windows((3, 0, 2, 0), "crop")) == after


def test_blocks_in_their_trained_windows_do_not_care_what_happens_to_tables(trace):
    steps_of(trace)

    assert steps_of(trace.with_windows(None, "crop")) == []


def test_the_reference_is_the_trained_run_again(trace):
    changed = trace.with_windows((2, 0, 2, 0), "crop")

    assert changed.reference.windows == (3, 0, 3, 0)
    assert changed.reference.relative_positions == "interpolate"
    assert np.array_equal(changed.reference.prediction.logits, trace.prediction.logits)


def test_windows_are_an_argument_of_the_run_and_no_state_is_left(sam, trace):
    image = torch.zeros(1, 3, 40, 40)
    with torch.no_grad():
        before = sam.encode_image(image)
        steps_of(trace.with_windows((1, 1, 1, 1), "crop"))
        assert torch.equal(sam.encode_image(image), before)


def test_what_cannot_run_is_refused_when_it_is_asked_for(trace):
    with pytest.raises(ValueError, match=r"Block 2 learned .* can't be cropped to 4"):
        trace.with_windows((3, 0, 4, 0), "crop")
    with pytest.raises(ValueError, match="each of the 4 blocks"):
        trace.with_windows((3, 0))
    with pytest.raises(ValueError, match="one of interpolate, crop, not 'cut'"):
        trace.with_windows(None, "cut")
