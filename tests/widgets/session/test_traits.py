"""Traits that store nothing themselves: they read a snapshot, and request the next one."""

from dataclasses import dataclass, replace

import pytest
from traitlets import TraitError

from sam_explore.geometry import Prompts
from sam_explore.widgets.session.traits import SharedState


@dataclass(frozen=True)
class Moment:
    chosen: int | None = None
    threshold: float = 0.0
    token: tuple = (0, 0)
    busy: str = ""
    prompts: Prompts | None = None
    encoded: object = None


class State(SharedState):
    """Holds a moment, and notes what it was asked for."""

    def __init__(self):
        self.now, self.asked = Moment(), []
        super().__init__()

    def set_in_snapshot(self, name: str, value: object) -> None:
        self.asked.append((name, value))
        self.now = replace(self.now, **{name: value})


def test_reading_a_trait_reads_the_current_snapshot():
    state = State()
    state.now = Moment(chosen=2, threshold=1.5)
    assert (state.chosen, state.threshold) == (2, 1.5)
    state.now = Moment()
    assert (state.chosen, state.threshold) == (None, 0.0)


def test_setting_a_trait_asks_for_the_next_snapshot_and_stores_nothing():
    state = State()
    state.token = [3, 1]
    assert state.asked == [("token", (3, 1))]
    assert state.token == (3, 1)
    state.now = Moment(token=(0, 2))
    assert state.token == (0, 2)
    assert "token" not in state._trait_values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chosen", 1.5),
        ("chosen", "1"),
        ("threshold", "high"),
        ("token", 3),
        ("busy", None),
        ("prompts", "a click"),
    ],
)
def test_a_value_of_another_kind_is_refused_before_the_snapshot_hears_of_it(name, value):
    state = State()
    with pytest.raises(TraitError, match=name):
        setattr(state, name, value)
    assert state.asked == []


@pytest.mark.parametrize("name", ["encoded", "prediction"])
def test_what_the_worker_computes_cannot_be_set(name):
    state = State()
    with pytest.raises(TraitError, match="read-only"):
        setattr(state, name, None)
    assert state.asked == []


def test_a_whole_number_is_a_threshold_too():
    state = State()
    state.threshold = 2
    assert state.asked == [("threshold", 2.0)]
