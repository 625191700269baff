"""The page's events on a canvas arrive as values in canvas pixels."""

import pytest

from sam_explore.widgets.canvas import Contact, KeyPress, Pinch, PointerArea, under
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.connection import CanvasConnection

from ..screen import send


@pytest.fixture
def area():
    connection = CanvasConnection()
    area = PointerArea(connection.canvas(2, 200, 100), {"Enter": "adds a point"}, grabs=True)
    box = under(area)
    yield area
    connection.close()
    close_all(box)


def test_a_contact_has_its_place_button_pointer_and_modifiers(area):
    heard = []
    area.on(press=heard.append)
    send(area.canvas, "press", 50, 25, pointer="pen", id=7, width=3.5, modifiers=["alt", "ctrl"])
    send(area.canvas, "press", 50, 25, button=2)
    send(area.canvas, "press", 50, 25)
    assert heard[0] == Contact((50, 25), 0, "pen", 7, 3.5, frozenset({"alt", "ctrl"}))
    assert [contact.is_secondary for contact in heard] == [True, True, False]


def test_each_kind_of_event_has_its_own_value(area):
    heard = []
    area.on(
        leave=lambda: heard.append("leave"),
        wheel=lambda at, turned: heard.append((at, turned)),
        pinch=heard.append,
        key=heard.append,
    )
    send(area.canvas, "leave")
    send(area.canvas, "wheel", 20, 10, turned=-3)
    send(area.canvas, "pinch", 20, 10, factor=1.5, **{"from": [0.5, 0.5]})
    send(area.canvas, "key", 20, 10, name="box", corner=[0.25, 0.5])
    send(area.canvas, "key", 20, 10, name="enter", corner=None)
    send(area.canvas, "release", 20, 10)  # which nobody hears
    assert heard == [
        "leave",
        ((20, 10), -3.0),
        Pinch((100, 50), (20, 10), 1.5),
        KeyPress("box", (20, 10), (50, 50)),
        KeyPress("enter", (20, 10), None),
    ]


def test_the_same_words_told_twice_are_two_different_news(area):
    area.announce("x 1, y 2")
    first = area.news
    area.announce("x 1, y 2")
    assert area.news != first
    assert area.news.strip() == first.strip() == "x 1, y 2"


def test_the_area_lies_over_its_canvas_and_knows_its_keys(area):
    assert area.key_help == [["Enter", "adds a point"]]
    assert "sam-explore-area" in area._dom_classes
    assert "$" not in area._css  # every colour is filled in
