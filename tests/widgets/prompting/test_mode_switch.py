"""Two rows of buttons, of which one button is pressed."""

import pytest

from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.prompting.mode_switch import ModeSwitch
from sam_explore.widgets.prompting.modes import MAIN, MORE, Mode

from ..screen import front_end_sets


@pytest.fixture
def heard() -> list[Mode]:
    return []


@pytest.fixture
def switch(heard):
    switch = ModeSwitch(lambda: heard.append(switch.mode))
    yield switch
    switch.close()
    close_all(switch.main, switch.more)


def pressed(switch: ModeSwitch) -> list[Mode]:
    return [row.value for row in (switch.main, switch.more) if row.value is not None]


def test_it_begins_with_foreground(switch, heard):
    assert switch.mode is Mode.FOREGROUND
    assert pressed(switch) == [Mode.FOREGROUND]
    assert heard == []


def test_each_change_is_told_once_and_leaves_one_button_pressed(switch, heard):
    presses = [Mode.BOX, Mode.REMOVE, Mode.PAINT, Mode.BACKGROUND, Mode.ZOOM, Mode.FOREGROUND]
    for mode in presses:
        row, modes = (switch.main, MAIN) if mode in MAIN else (switch.more, MORE)
        front_end_sets(row, index=modes.index(mode))
        assert pressed(switch) == [mode]
    assert heard == presses


def test_leaving_the_second_row_goes_back_to_the_first_mode(switch, heard):
    front_end_sets(switch.more, index=MORE.index(Mode.ZOOM))
    switch.leave_more()
    assert pressed(switch) == [Mode.FOREGROUND]
    assert heard == [Mode.ZOOM, Mode.FOREGROUND]


def test_leaving_the_second_row_keeps_a_mode_of_the_first(switch, heard):
    front_end_sets(switch.main, index=MAIN.index(Mode.BOX))
    switch.leave_more()
    assert pressed(switch) == [Mode.BOX]
    assert heard == [Mode.BOX]


def test_a_row_that_lets_go_of_its_button_leaves_a_mode(switch):
    front_end_sets(switch.main, index=None)
    assert pressed(switch) == [Mode.FOREGROUND]


def test_after_closing_nothing_is_reported(switch, heard):
    switch.close()
    switch.main.value = Mode.BOX
    assert heard == []
