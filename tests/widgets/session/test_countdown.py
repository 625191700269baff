"""The remaining time of an encode, computed by hand."""

import pytest

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, between_steps
from sam_explore.widgets.session.countdown import Countdown, encoder_steps, time_left

KINDS = {"start": "start", "block 1": "window", "block 2": "window", "block 3": "global"}


def test_steps_that_were_never_seen_are_as_long_as_the_others_on_average():
    pace = {}
    countdown = Countdown(KINDS, pace)
    assert countdown.begin_step("start", 10.0) is None
    countdown.end_step(10.5)
    assert countdown.begin_step("block 1", 10.5) is None  # half a second says nothing of a block
    countdown.end_step(12.5)
    assert countdown.begin_step("block 2", 20.0) == 2 + 2  # one of 2 s, and one that is unknown
    countdown.end_step(21.0)
    assert countdown.begin_step("block 3", 21.0) is None
    countdown.end_step(25.0)
    assert pace == {"start": 0.5, "window": 1.0, "global": 4.0}


def test_the_next_run_knows_from_the_first_step_on():
    countdown = Countdown(KINDS, {"start": 0.5, "window": 1.0, "global": 4.0})
    assert countdown.begin_step("start", 0.0) == 0.5 + 1 + 1 + 4


def test_time_between_two_steps_belongs_to_none():
    pace = {}
    countdown = Countdown(KINDS, pace)
    countdown.begin_step("block 1", 0.0)
    countdown.end_step(1.0)
    countdown.end_step(5.0)
    assert countdown.begin_step("another run's", 5.0) is None
    countdown.end_step(9.0)
    assert pace == {"window": 1.0}


def test_the_steps_are_those_that_the_encoder_announces(sam, image):
    trace, announced = Trace(sam, image, Prompts()), []
    with between_steps(announced.append):
        trace.encoded  # noqa: B018
    kinds = encoder_steps(trace)
    assert list(kinds) == announced
    assert len(set(kinds.values())) == 4  # two of the blocks, which have different windows


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.9, ""),
        (0.96, ", 1 s left"),
        (3.4, ", 3 s left"),
        (99.4, ", 99 s left"),
        (150.0, ", 2 min left"),
    ],
)
def test_time_left_in_words(seconds, words):
    assert time_left(seconds) == words
