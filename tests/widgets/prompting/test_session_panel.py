"""The folded part below the picture."""

import html
import re

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from sam_explore.widgets.canvas.html import Html
from sam_explore.widgets.prompting.session_panel import SessionPanel

from ..screen import front_end_sets
from ..view import observers_of

FILES, SAVING, CODE = range(3)


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


def shown(widget) -> bool:
    return widget.layout.display != "none"


def test_it_is_folded_at_first_and_works_out_no_code(session, monkeypatch):
    monkeypatch.setattr(type(session), "code", property(lambda session: 1 / 0))
    panel = SessionPanel(session, Html(), Html())
    assert not any(toggle.value for toggle in panel.toggles)
    assert not any(shown(part) for part in panel.widget.children[1:-1])
    session.add_point((1.0, 2.0))
    assert session.error == ""
    panel.close()


def test_an_error_is_told_once_in_the_panel_while_a_part_is_open_else_near_the_picture(session):
    near = Html()
    session.error = "too soon"
    panel = SessionPanel(session, Html(), near)
    inside = panel.widget.children[-1]

    def told() -> list[str]:
        words = [each.value for each in (inside, near)]
        assert all(not each or session.error in each for each in words)
        return [bool(each) for each in words]

    assert told() == [False, True]
    session.error = "no such file"
    assert told() == [False, True]
    front_end_sets(panel.toggles[FILES], value=True)
    assert told() == [True, False]
    session.error = ""
    assert told() == [False, False]
    session.error = "nor this one"
    assert told() == [True, False]
    front_end_sets(panel.toggles[FILES], value=False)
    assert told() == [False, True]
    panel.close()


def test_unfolded_the_code_follows_the_session(session):
    panel = SessionPanel(session, Html(), Html())
    front_end_sets(panel.toggles[CODE], value=True)
    for change in (
        lambda: session.add_point((1.0, 2.0)),
        lambda: setattr(session, "chosen", 2),
        lambda: setattr(session, "windows", (2, 0)),
        lambda: setattr(session, "image", np.zeros((8, 8, 3), np.uint8)),
    ):
        before = session.code
        change()
        told = html.unescape(re.search(r"<pre[^>]*>(.*)</pre>", panel.code.value, re.S)[1])
        assert told == session.code != before
    panel.close()


def test_unfolding_the_files_shows_those_that_have_come(session, tmp_path, monkeypatch):
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    panel = SessionPanel(session, Html(), Html())
    (tmp_path / "new.pth").write_bytes(b"")
    front_end_sets(panel.toggles[FILES], value=True)
    assert ("new.pth, in this folder", "new.pth") in panel.files.models.options
    panel.close()


def test_one_part_is_unfolded_at_most(session):
    panel = SessionPanel(session, Html(), Html())
    _, *parts, _ = panel.widget.children
    front_end_sets(panel.toggles[FILES], value=True)
    assert [shown(part) for part in parts] == [True, False, False]
    front_end_sets(panel.toggles[SAVING], value=True)
    assert [shown(part) for part in parts] == [False, True, False]
    assert [toggle.value for toggle in panel.toggles] == [False, True, False]
    front_end_sets(panel.toggles[SAVING], value=False)
    assert not any(shown(part) for part in parts)
    panel.close()


def test_closing_leaves_no_widget_and_no_observer(session):
    near = Html()
    widgets, observers = set(_instances), observers_of(session)
    panel = SessionPanel(session, Html(), near)
    front_end_sets(panel.toggles[CODE], value=True)
    panel.close()
    assert set(_instances) == widgets
    assert observers_of(session) == observers
    session.add_point((1.0, 2.0))
    assert session.error == ""
