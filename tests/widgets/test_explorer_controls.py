"""The controls of an explorer, and the pointer on its maps."""

import pytest
from ipywidgets import BoundedIntText, Checkbox, Dropdown, FloatSlider, ToggleButtons

from sam_explore.widgets import explore

from .fake_probes import Everything, Grid, cell_on, map_of
from .screen import front_end_sets, send

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


def test_a_linked_knob_follows_the_session_and_sets_it(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as one, explore(Grid, session, factor=2) as other:
        row, column = one._controls["token"].inputs
        assert isinstance(row, BoundedIntText)
        session.add_point((50.0, 20.0))
        assert (row.value, column.value) == (1, 3)
        assert one.reading.marks == other.reading.marks == ((1, 3),)
        front_end_sets(row, value=0)
        assert session.token == (0, 3)
        assert other.reading.marks == ((0, 3),)


def test_a_knob_whose_box_is_unticked_keeps_its_own_value(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        box = explorer._controls.follow_box("token")
        assert isinstance(box, Checkbox)
        assert box.value
        assert box.description == "follows session"
        front_end_sets(box, value=False)
        session.token = (3, 0)
        assert explorer.reading.marks == ((2, 2),)
        front_end_sets(explorer._controls["token"].inputs[0], value=1)
        assert session.token == (3, 0)
        assert explorer.reading.marks == ((1, 2),)
        front_end_sets(box, value=True)
        assert explorer.reading.marks == ((3, 0),)


def test_a_linked_knob_that_is_given_does_not_follow(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session, token=(0, 1)) as explorer:
        assert not explorer._controls.follow_box("token").value
        session.token = (3, 3)
        assert explorer.reading.marks == ((0, 1),)


def test_a_click_on_a_map_picks_the_token(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        send(map_of(explorer).canvas, "mouse_down", *cell_on(explorer, 3, 1))
        assert session.token == (3, 1)
        assert explorer.reading.marks == ((3, 1),)
        send(map_of(explorer).canvas, "mouse_down", 1, 1)  # beside the map
        assert session.token == (3, 1)


def test_the_value_under_the_pointer_is_told_and_follows_the_reading(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        view = map_of(explorer)
        assert "Point at a cell" in view.value.value
        send(view.canvas, "mouse_move", *cell_on(explorer, 2, 3))
        assert "Token at row 2, column 3: 23 apple" in view.value.value
        explorer.set(factor=2)
        assert "Token at row 2, column 3: 46 apple" in view.value.value
        send(view.canvas, "mouse_out")
        assert "Point at a cell" in view.value.value


def test_controls_suit_the_kinds_of_knobs(image, open_session, screen):
    session = open_session(image)
    with explore(Everything, session) as explorer:
        controls = explorer._controls
        assert isinstance(controls["kind"].inputs[0], ToggleButtons)
        assert isinstance(controls["many"].inputs[0], Dropdown)
        assert isinstance(controls["yes"].inputs[0], Checkbox)
        assert isinstance(controls["size"].inputs[1], FloatSlider)
        front_end_sets(controls["kind"].inputs[0], index=1)
        front_end_sets(controls["yes"].inputs[0], value=True)
        front_end_sets(controls["size"].inputs[1], value=2.5)
        front_end_sets(controls["mask"].inputs[0], index=3)
        assert session.chosen == 2
        session.threshold = 30.0  # beyond the slider's first reach
        assert controls["threshold"].inputs[1].value == 30
        assert explorer.words == "b True 2.5 2 30"
        session.chosen = None
        assert explorer.words == "b True 2.5 -1 30"
