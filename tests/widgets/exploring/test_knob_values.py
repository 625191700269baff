"""The values of a view's knobs: its own or the session's."""

from dataclasses import dataclass

import pytest

import sam_explore as sx
from sam_explore.probes import Probe
from sam_explore.probes.common.probe import block_knob, knob
from sam_explore.readings import Heatmap
from sam_explore.tracing import Trace
from sam_explore.widgets.exploring.knob_values import LINKS, KnobValues
from sam_explore.widgets.session.source import Question

from ..fake_probes import Everything, Grid


@dataclass(frozen=True)
class Compared(Probe):
    """A block of this run next to that of another."""

    block: int = block_knob()
    other: Trace | None = None
    times: int = knob(1, "times", low=1, high=5)

    def read(self, trace: Trace) -> Heatmap:
        raise NotImplementedError


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


def test_linked_knobs_follow_the_session_and_the_others_have_their_defaults(session):
    knobs = KnobValues(Everything, session, {})
    session.chosen, session.threshold, session.token = 2, 1.5, (3, 0)
    assert knobs.following == {"mask", "threshold", "place"}
    assert knobs.traits == ["chosen", "threshold", "token"]
    now = {"mask": 2, "threshold": 1.5, "place": (3, 0), "kind": "a", "many": "1"}
    assert knobs.now == now | {"yes": False, "size": 0.0}
    assert knobs.probe == Everything(**knobs.now)


def test_a_given_value_does_not_follow(session):
    knobs = KnobValues(Grid, session, {"token": (0, 1), "factor": 3})
    session.token = (3, 3)
    assert knobs.now == {"factor": 3, "token": (0, 1)}
    assert knobs.following == set()


def test_turning_a_knob_that_follows_sets_the_session_and_any_other_the_view_alone(session):
    one, other = KnobValues(Grid, session, {}), KnobValues(Grid, session, {})
    one.turn("token", (1, 2))
    one.turn("factor", 4)
    assert session.token == (1, 2)
    assert one.now == {"factor": 4, "token": (1, 2)}
    assert other.now == {"factor": 1, "token": (1, 2)}


def test_a_knob_that_stops_following_keeps_the_value_it_had(session):
    knobs = KnobValues(Grid, session, {})
    session.token = (1, 3)
    knobs.follow("token", False)
    session.token = (0, 0)
    assert knobs.now["token"] == (1, 3)
    knobs.turn("token", (2, 2))
    assert (knobs.now["token"], session.token) == ((2, 2), (0, 0))
    knobs.follow("token", True)
    assert knobs.now["token"] == (0, 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"facto": 2}, "no knob 'facto'; it has factor, token. Did you mean factor?"),
        ({"zzz": 2}, r"no knob 'zzz'; it has factor, token\.$"),
        ({"factor": 6}, "factor"),
        ({"token": (0, 4)}, "token"),
    ],
)
def test_a_wrong_knob_or_value_is_refused_and_nothing_is_changed(session, given, words):
    with pytest.raises(ValueError, match=words):
        KnobValues(Grid, session, given)
    knobs = KnobValues(Grid, session, {})
    with pytest.raises(ValueError, match=words):
        knobs.check(given)
    assert knobs.now == {"factor": 1, "token": session.token}


def test_another_run_is_a_field_that_is_no_knob(session):
    knobs = KnobValues(Compared, session, {"other": session.trace})
    assert set(knobs.knobs) == {"block", "times"}
    assert knobs.probe.other is session.trace
    fresh = session.trace.with_windows((2, 0))
    knobs.turn("other", fresh)
    assert knobs.probe.other is fresh


def test_knobs_that_a_smaller_model_lacks_go_back_and_the_others_stay(session):
    knobs = KnobValues(Compared, session, {"block": 1, "times": 4})
    knobs.turn("block", 7)  # as after a change from a model with more blocks
    knobs.fit()
    assert knobs.now == {"block": 0, "times": 4}


def test_the_models_choice_of_a_mask_is_minus_one(session):
    link = LINKS["mask"]
    assert link.read(session.now) == -1
    link.write(session, 3)
    assert (session.chosen, link.read(session.now)) == (3, 3)
    link.write(session, -1)
    assert session.chosen is None


def test_bounds_ask_for_no_logits_that_go_back(session, monkeypatch):
    """Each view asks for its bounds at each change; the run that answers may have to decode."""
    session.add_point((5.0, 5.0))
    session.add_point((20.0, 20.0))
    monkeypatch.setattr(Question, "run", property(lambda question: pytest.fail("it was asked")))
    knobs = KnobValues(sx.probes.RawLogits, session, {})
    assert knobs.run.prompts == session.prompts
    assert knobs.limits["threshold"][0] == (-100.0, 100.0)
