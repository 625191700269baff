"""A setting is sent where it changes, and again after `restore`."""

import pytest
from ipycanvas import Canvas

from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.pen import Pen


@pytest.fixture
def canvas(screen, monkeypatch):
    canvas = Canvas(width=10, height=10)
    sent = []
    monkeypatch.setattr(
        canvas._canvas_manager, "send_command", lambda _, what, *__: sent.append(what)
    )
    yield canvas, sent
    close_all(canvas, canvas.layout)


def test_the_same_setting_is_sent_once_and_another_one_at_once(canvas):
    canvas, sent = canvas
    pen = Pen(canvas)
    for colour in ("#ff0000", "#ff0000", "#00ff00", "#ff0000"):
        pen.fill_style = colour
    assert [value for _, (_, value) in sent] == ["#ff0000", "#00ff00", "#ff0000"]
    assert pen.fill_style == canvas.fill_style == "#ff0000"


def test_a_new_pen_knows_nothing_of_what_another_one_has_sent(canvas):
    canvas, sent = canvas
    for _ in range(2):
        Pen(canvas).line_width = 3
    assert len(sent) == 2


def test_after_restore_a_setting_is_sent_again(canvas):
    canvas, sent = canvas
    pen = Pen(canvas)
    pen.line_width = 3
    pen.save()
    pen.line_width = 5
    pen.restore()
    pen.line_width = 5
    values = [rest[1] for _, rest in (each for each in sent if len(each) == 2) if len(rest) == 2]
    assert values == [3, 5, 5]


def test_all_else_is_the_canvass_own(canvas):
    canvas, sent = canvas
    Pen(canvas).fill_rect(0, 0, 2, 2)
    assert len(sent) == 1
    assert Pen(canvas).width == 10
