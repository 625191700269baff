"""Explorers follow the preview at the pointer, and go back to the click."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.tracing.cache import PROMPT_SETS
from sam_explore.widgets import PromptCanvas, explore
from sam_explore.widgets.exploring import probe_runner
from sam_explore.widgets.session import PREVIEWS

from ..fake_probes import WAIT_S, Grid
from ..screen import click, send


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine anything can take long."""
    monkeypatch.setattr(probe_runner, "QUICK_S", WAIT_S)


@pytest.fixture
def pointed_at(image, open_session, screen):
    """A picture to point at, 512 canvas pixels wide, of which 8 are one of the picture."""
    session = open_session(image, synchronous=True)
    with PromptCanvas(session, width=256) as canvas:
        yield session, canvas._stage.canvas


def asked(explorer) -> list:
    return explorer._wanted()[1].prompts.points.tolist()


def test_a_reading_is_of_the_click_at_the_pointer_and_goes_back(pointed_at):
    session, stage = pointed_at
    with explore(sx.probes.RawLogits, session) as explorer:
        click(stage, 80, 160)
        clicked, question = explorer.reading, session.now.question
        send(stage, "mouse_move", 400, 160)
        assert asked(explorer) == [[10, 20], [50, 20]]
        expected = sx.probes.RawLogits()(
            session.trace.with_prompts(session.now.pointed.run.prompts)
        )
        np.testing.assert_allclose(explorer.reading.maps[0].values, expected.maps[0].values)
        assert session.now.question is question
        send(stage, "mouse_out", 513, 9)
        assert session.pointed is None
        assert asked(explorer) == [[10, 20]]
        np.testing.assert_array_equal(explorer.reading.maps[0].values, clicked.maps[0].values)


def test_a_picked_token_is_the_one_under_the_pointer(pointed_at):
    session, stage = pointed_at
    with explore(Grid, session) as explorer:
        picked = session.token
        send(stage, "mouse_move", 80, 160)
        under = session.frame.token_at((10, 20))
        assert under != picked
        assert explorer._wanted()[0].token == under
        assert session.token == picked
        send(stage, "mouse_out", 513, 9)
        assert explorer._wanted()[0].token == picked


def test_a_click_ends_it_at_the_prompts_that_were_shown(pointed_at):
    session, stage = pointed_at
    with explore(sx.probes.RawLogits, session) as explorer:
        send(stage, "mouse_move", 80, 160)
        shown = explorer.reading
        click(stage, 80, 160)
        assert session.pointed is None
        assert asked(explorer) == session.prompts.points.tolist() == [[10, 20]]
        np.testing.assert_allclose(explorer.reading.maps[0].values, shown.maps[0].values)


@pytest.mark.parametrize("why", ["slow", "out of sight", "switched off", "two runs"])
def test_it_stays_with_the_click(why, pointed_at, monkeypatch):
    session, stage = pointed_at
    against = {"windows": [3] * len(session.sam.config.windows)} if why == "two runs" else None
    with explore(sx.probes.RawLogits, session, against=against) as explorer:
        click(stage, 80, 160)
        clicked = explorer.reading
        if why == "slow":
            monkeypatch.setattr(probe_runner, "QUICK_S", 0.0)
            explorer._runner._times.extend([0.2, 0.2, 0.2])
        if why == "out of sight":
            monkeypatch.setattr(type(explorer._sight), "is_seen", False)
        if why == "switched off":
            session.point_at(None)
        else:
            session.point_at(session.prompts.with_point((50, 20)))
        assert explorer.reading is clicked
        assert explorer._wanted()[1].prompts.points.tolist() == [[10, 20]]


def test_a_view_that_was_slow_once_is_tried_at_the_pointer_unless_it_was_very_slow(
    pointed_at, monkeypatch
):
    monkeypatch.setattr(probe_runner, "QUICK_S", 0.1)
    session, _ = pointed_at
    with explore(sx.probes.RawLogits, session) as explorer:
        times = explorer._runner._times
        for seconds, follows in (([0.2], True), ([2.0], False), ([0.2] * 3, False)):
            times.clear()
            times.extend(seconds)
            assert explorer._runner.is_quick == follows
        times.append(0.05)
        assert explorer._runner.is_quick


def test_places_of_the_pointer_push_nothing_out_of_the_cache(pointed_at):
    session, stage = pointed_at
    with explore(sx.probes.RawLogits, session):
        click(stage, 80, 160)
        store = session.trace.engine.store
        before = set(store._values)
        for place in range(PROMPT_SETS + 2):
            send(stage, "mouse_move", 200 + 8 * place, 160)
        assert set(store._values) == before


def test_views_at_the_pointer_take_their_turn_among_previews(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with explore(sx.probes.RawLogits, session) as explorer:
        session.settle(WAIT_S)
        rank = explorer._runner._rank
        assert rank() != PREVIEWS
        session.point_at(session.prompts.with_point((5, 6)))
        assert rank() == PREVIEWS
        session.settle(WAIT_S)
        assert asked(explorer) == [[5, 6]]
        session.point_at(None)
        assert rank() != PREVIEWS


def test_a_page_that_is_reloaded_points_at_nothing(pointed_at):
    session, stage = pointed_at
    with explore(sx.probes.RawLogits, session) as explorer:
        send(stage, "mouse_move", 80, 160)
        assert asked(explorer) == [[10, 20]]
        send(stage, "client_ready")
        assert session.pointed is None
        assert asked(explorer) == []


def test_a_canvas_that_is_closed_points_at_nothing(image, open_session, screen):
    session = open_session(image)
    canvas, other = PromptCanvas(session, width=256), PromptCanvas(session, width=256)
    with explore(sx.probes.RawLogits, session) as explorer:
        send(canvas._stage.canvas, "mouse_move", 80, 160)
        other.close()
        assert asked(explorer) == [[10, 20]]
        canvas.close()
        assert session.pointed is None
        assert asked(explorer) == []
        canvas._preview.want(sx.Prompts([(1, 1)]))
        assert session.pointed is None
