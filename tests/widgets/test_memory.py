"""Clicks, moves, and views closed and made again: no memory leaks in the kernel."""

import gc
import threading
from collections import deque
from collections.abc import Callable

import pytest
from ipywidgets.widgets.widget import _instances

import sam_explore as sx
from sam_explore.widgets.session import snapshot as snapshot_module

from .screen import click, send
from .view import observers_of

FEW = 50  # objects of Python's own, such as what its caches hold


@pytest.fixture
def session(answers, image, open_session, monkeypatch):
    monkeypatch.setattr(snapshot_module, "_MOST_STEPS", 5)
    answers.asked = deque(maxlen=1)
    return open_session(image)


def held(session) -> tuple[int, int, int]:
    """Widgets, threads, and callbacks on the session."""
    return len(_instances), threading.active_count(), observers_of(session)


def growth(work: Callable[[], None]) -> int:
    """How many objects more there are after the work."""
    gc.collect()
    before = len(gc.get_objects())
    work()
    gc.collect()
    return len(gc.get_objects()) - before


def click_and_move(view, clicks: int) -> None:
    stage = view._stage.canvas
    for number in range(clicks):
        for x in (37 * number % 512, 53 * number % 512):
            send(stage, "mouse_move", x, 91 * number % 512)
        click(stage, 71 * number % 512, 91 * number % 512)
        if number % 5 == 4:
            view.session.clear()


def test_300_clicks_and_moves_leave_nothing_behind(session):
    with sx.PromptCanvas(session, width=192) as view:
        click_and_move(view, 20)  # more than can be undone here, and than is kept otherwise
        before = held(session)
        assert growth(lambda: click_and_move(view, 100)) < FEW
        assert held(session) == before
        assert session.error == ""


def test_views_closed_and_made_again_25_times_leave_nothing_behind(session):
    def make_and_close(count: int) -> None:
        for _ in range(count):
            sx.PromptCanvas(session, width=192).close()
            sx.explore(sx.probes.RawLogits, session).close()

    before = held(session)
    make_and_close(2)
    assert growth(lambda: make_and_close(25)) < FEW
    assert held(session) == before
