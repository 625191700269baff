"""Seconds of the image encoder, measured apart from what a trace shares."""

import pytest

from sam_explore.model import Sam
from sam_explore.tracing import (
    component_seconds,
    edit,
    encoder_seconds,
    record,
    timing,
    zero,
)

from ..small import small_sam, small_trace


@pytest.fixture
def trace():
    return small_trace(small_sam())


def test_it_is_the_quickest_of_the_rounds(trace, monkeypatch):
    ticks = iter([0.0, 5.0, 10.0, 12.0, 20.0, 23.0])
    monkeypatch.setattr(timing, "perf_counter", lambda: next(ticks))

    assert encoder_seconds(trace, rounds=3) == 2


def test_the_plain_encoder_runs_again_each_time_in_the_runs_windows(trace, monkeypatch):
    runs = []
    plain = Sam.encode_image

    def encode_image(self, image, windows=None, relative_positions="interpolate"):
        runs.append((windows, relative_positions))
        return plain(self, image, windows, relative_positions)

    monkeypatch.setattr(Sam, "encode_image", encode_image)
    changed = trace.with_windows((2, 0, 2, 0), "crop")
    changed = changed.with_edit("image_encoder.position_encoder.hook_encoding", zero)

    assert encoder_seconds(changed, rounds=2) > 0
    assert runs == [((2, 0, 2, 0), "crop")] * 2


def test_no_round_is_refused(trace):
    with pytest.raises(ValueError, match="1 or more, not 0"):
        encoder_seconds(trace, rounds=0)


def test_what_is_attached_would_be_timed_and_is_refused(trace):
    name = "image_encoder.vit.blocks.2.hook_residual_post"
    for attached in (record(trace.sam, name), edit(trace.sam, {name: zero})):
        with attached, pytest.raises(RuntimeError, match=r"attached to .*blocks\.2"):
            encoder_seconds(trace)
    assert encoder_seconds(trace) > 0


def test_the_time_of_each_component_is_read_where_hook_points_are_passed(trace):
    ticks = iter([0.0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 66, 70, 74, 75, 80])

    found = component_seconds(trace, clock=lambda: next(ticks))

    # Windowed blocks 0 and 2, global 1 and 3; each time attention, then the MLP.
    assert found == {
        "patch embedding": 1,
        "position encoder": 2,
        "windowed attention": 3 + 7,
        "global attention": 5 + 9,
        "MLPs": 4 + 6 + 8 + 10,
        "channel projection": 11,
        "prompt encoder": 4,
        "mask decoder": 1,
    }


def test_the_quickest_round_counts_as_a_whole_and_none_is_refused(trace, monkeypatch):
    rounds = iter([{"MLPs": 5.0, "mask decoder": 1.0}, {"MLPs": 2.0, "mask decoder": 2.0}])
    monkeypatch.setattr(timing, "_by_component", lambda trace, clock: next(rounds))
    assert component_seconds(trace, rounds=2) == {"MLPs": 2.0, "mask decoder": 2.0}
    with pytest.raises(ValueError, match="1 or more, not 0"):
        component_seconds(trace, rounds=0)
