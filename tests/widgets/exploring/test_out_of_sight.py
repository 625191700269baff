"""Views on the screen are updated first; others wait, say so, and catch up."""

import pytest

from sam_explore.widgets import PromptCanvas, explore
from sam_explore.widgets.canvas.sight import Sight
from sam_explore.widgets.exploring.caption import OUTDATED

from ..fake_probes import WAIT_S, Grid, Refined, Slow, text_of

OUT_OF_SIGHT = "Not up to date: this view waits until it is in sight"


def tell(sight: Sight, *kinds: str) -> None:
    """As a page with one view of it does."""
    for kind in kinds:
        sight._handle_custom_msg({"kind": kind, "view": "a"}, [])


def hide(explorer) -> None:
    tell(explorer._sight, "page", "unseen")


def show(explorer) -> None:
    tell(explorer._sight, "seen")


@pytest.fixture
def session(held, image, open_session, screen):
    return open_session(image)


def test_a_view_out_of_sight_computes_nothing_says_so_and_catches_up_once(session, held):
    with explore(Slow, session) as explorer:
        assert explorer.words == "0 of 0."
        hide(explorer)
        explorer.set(number=3)
        session.add_point((10.0, 20.0))
        assert held.began == [0]
        assert OUT_OF_SIGHT in text_of(explorer)
        assert OUTDATED in explorer._view.widget._dom_classes
        assert OUTDATED in explorer._caption.words._dom_classes
        show(explorer)
        assert held.began == [0, 3]
        assert explorer.words == "3 of 1."
        assert OUT_OF_SIGHT not in text_of(explorer)
        assert OUTDATED not in explorer._view.widget._dom_classes


def test_settle_brings_up_to_date_what_is_out_of_sight_too(session, held):
    with explore(Slow, session) as explorer:
        hide(explorer)
        explorer.set(number=3)
        assert explorer.words == "0 of 0."
        session.settle(WAIT_S)
        assert explorer.words == "3 of 0."
        explorer.set(number=4)  # settled once, it waits again
        assert explorer.words == "3 of 0."


def test_settle_waits_for_what_is_out_of_sight_in_the_workers_thread(
    held, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    with explore(Slow, session) as explorer:
        session.settle(WAIT_S)
        hide(explorer)
        explorer.set(number=3)
        session.settle(WAIT_S)
        assert explorer.words == "3 of 0."


def test_the_first_reading_is_computed_out_of_sight_after_all_that_is_in_sight(
    held, image, open_session, screen, monkeypatch
):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    asked = []
    monkeypatch.setattr(Grid, "check", lambda probe, config: asked.append(probe.factor))
    held.go_on.clear()
    with (
        explore(Slow, session) as slow,
        explore(Grid, session) as far,
        explore(Grid, session) as near,
    ):
        assert held.reached.wait(WAIT_S)
        hide(far)
        far._knobs._own["factor"], near._knobs._own["factor"] = 2, 3
        asked.clear()
        held.go_on.set()
        session.settle(WAIT_S)
        assert asked == [3, 2]
        assert slow.words == "0 of 0."


def test_out_of_sight_only_the_coarsest_reading_is_computed_and_finer_ones_follow_in_sight(
    held, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    with explore(Slow, session) as slow, explore(Refined, session, number=9) as refined:
        assert held.reached.wait(WAIT_S)
        hide(slow)
        hide(refined)
        held.go_on.set()
        assert session._worker._queue.wait_for(lambda: held.ended == [0, 1], WAIT_S)
        assert session._worker._queue.wait_for(lambda: refined._runner._waits, WAIT_S)
        assert refined.words == "1 of 0."
        show(refined)
        session.settle(WAIT_S)
        assert held.ended == [0, 1, 2, 9]
        assert refined.words == "9 of 0."


def test_settle_refines_what_is_out_of_sight_too(held, image, open_session, screen):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    with explore(Slow, session), explore(Refined, session, number=9) as refined:
        assert held.reached.wait(WAIT_S)
        hide(refined)
        held.go_on.set()
        session.settle(WAIT_S)
        assert held.ended == [0, 1, 2, 9]
        assert refined.words == "9 of 0."


def test_after_a_click_a_view_in_sight_is_answered_and_one_out_of_sight_waits(
    held, answers, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    with explore(Slow, session) as first, explore(Slow, session) as second:
        session.settle(WAIT_S)
        hide(first)
        answers.hold()
        session.add_point((10.0, 20.0))
        answers.wait_until_asked()
        first.set(number=1)
        second.set(number=2)
        answers.gate.set()
        assert session._worker._queue.wait_for(lambda: 2 in held.ended, WAIT_S)
        assert 1 not in held.began
        show(first)
        session.settle(WAIT_S)
        assert held.began[-1] == 1


def test_a_closed_view_that_waited_leaves_no_job_behind(session):
    explorer = explore(Slow, session)
    hide(explorer)
    explorer.set(number=3)
    assert session._worker._queue._waiting
    explorer.close()
    assert not session._worker._queue._waiting


def test_an_old_reading_is_not_saved_as_the_one_of_now(session, tmp_path):
    with explore(Slow, session) as explorer:
        hide(explorer)
        explorer.set(number=3)
        with pytest.raises(RuntimeError, match=r"out of sight.*session.settle\(\)"):
            explorer.snapshot(tmp_path / "slow.png")
        session.settle(WAIT_S)
        explorer.snapshot(tmp_path / "slow.png")


def test_a_prompting_view_that_is_scrolled_away_is_drawn_after_what_is_seen(
    held, answers, image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session, width=256) as canvas:
        ranks = [canvas._rank()]
        tell(canvas._sight, "page", "unseen")
        ranks.append(canvas._rank())
        assert ranks[0] < ranks[1]
        session.add_point((10.0, 20.0))
        assert "1 foreground point" in canvas._status.value  # later, but it is drawn


def test_the_button_and_the_argument_say_whether_the_picture_stays_in_view(
    answers, image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session, width=256, keep_in_view=False) as canvas:
        assert not canvas._sight.keeps
        canvas._controls.keep.value = True
        assert canvas._sight.keeps
        canvas._sight.keeps = False  # as the page does when the reader puts it away
        assert not canvas._controls.keep.value
