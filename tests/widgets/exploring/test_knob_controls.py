"""The controls of an explorer: linked ones, sliders, names for numbers."""

import pytest
from ipywidgets import BoundedIntText, Checkbox, Dropdown, IntSlider, ToggleButtons

import sam_explore as sx
from sam_explore.widgets import PromptCanvas, explore

from ...probes.prompt_token import PromptToken
from ..fake_probes import Everything, Grid
from ..screen import front_end_sets, tell_of

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


def test_controls_suit_the_kinds_of_knobs(image, open_session, screen):
    session = open_session(image)
    with explore(Everything, session) as explorer:
        controls = explorer._controls
        assert isinstance(controls["kind"].inputs[0], ToggleButtons)
        assert isinstance(controls["many"].inputs[0], Dropdown)
        assert isinstance(controls["yes"].inputs[0], Checkbox)
        assert isinstance(controls["size"].slider, IntSlider)
        front_end_sets(controls["kind"].inputs[0], index=1)
        front_end_sets(controls["yes"].inputs[0], value=True)
        front_end_sets(controls["size"].slider, value=25)  # it counts tenths
        front_end_sets(controls["mask"].inputs[0], index=4)
        assert session.chosen == 2
        session.threshold = 30.0  # beyond the slider's first reach
        assert controls["threshold"].slider.value == 300
        assert explorer.words == "b True 2.5 2 30"
        session.chosen = None
        assert explorer.words == "b True 2.5 -1 30"
        session.chosen = "best"
        assert explorer.words == "b True 2.5 -2 30"
        front_end_sets(controls["mask"].inputs[0], index=1)
        assert session.chosen is None
        front_end_sets(controls["mask"].inputs[0], index=0)
        assert session.chosen == "best"


def test_numbers_that_stand_for_something_are_named_in_a_list(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.WindowEffect, session, window=2) as explorer:
        stage, block, mask = (
            explorer._controls[name].inputs[0] for name in ("stage", "block", "mask")
        )
        assert dict(stage.options) == {"all": -1, "0": 0}
        assert dict(block.options) == {"none": -1, "0": 0, "1": 1}
        assert dict(mask.options)["the model's choice"] == -1
        front_end_sets(block, index=1)
        assert explorer.probe.block == 0


def test_a_dragged_slider_gives_tenths_without_noise_and_is_told_nothing_back(
    image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session), explore(Everything, session) as explorer:
        slider = explorer._controls["threshold"].slider
        told = tell_of(slider)
        for tenths in range(1, 15):
            front_end_sets(slider, value=tenths)
            assert repr(session.threshold) == f"{tenths // 10}.{tenths % 10}"
        assert "threshold=1.4, " in explorer.code
        assert told == []


def test_sliders_that_follow_one_another_hold_numbers_that_the_page_gives_back_unchanged(
    image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session) as canvas, explore(Everything, session) as explorer:
        session.threshold = 0.1 + 0.2
        for control in (canvas._controls._threshold, explorer._controls["threshold"]):
            assert (type(control.slider.value), control.slider.value) == (int, 3)
        assert session.threshold == 0.1 + 0.2


def test_a_number_finer_than_the_slider_is_kept(image, open_session, screen):
    with explore(Everything, open_session(image)) as explorer:
        size = explorer._controls["size"]
        front_end_sets(size.field, value=1.43)
        assert explorer.probe.size == size.field.value == 1.43
        assert size.slider.value == 14
        front_end_sets(size.slider, value=16)
        assert explorer.probe.size == size.field.value == 1.6


def test_another_run_is_given_in_python_and_has_no_control(image, open_session, screen):
    session = open_session(image)
    own, upside_down = session.trace, sx.Trace(session.sam, image[::-1].copy())
    with explore(sx.probes.PatchedTokens, session, other=own) as explorer:
        assert not explorer.reading.readings[1].values.any()
        explorer.set(other=upside_down, block=1)
        assert explorer.reading.readings[1].values.any()
        assert explorer.probe.other is upside_down
        assert "PatchedTokens(token=(2, 2), block=1, other=other)" in explorer.code
        with pytest.raises(KeyError):
            explorer._controls["other"]


def test_a_knob_that_is_a_prompt_token_follows_the_prompts(image, open_session, screen):
    session = open_session(image, synchronous=True)
    with explore(PromptToken, session) as explorer:
        (nothing,) = explorer._controls["token"].inputs
        assert nothing.disabled
        assert "can't be chosen, since this run has none" in explorer.error

        for point in ((10.0, 20.0), (20.0, 20.0), (30.0, 20.0)):
            session.add_point(point)
        (choice,) = explorer._controls["token"].inputs
        assert [name for name, _ in choice.options] == ["point 0", "point 1", "point 2", "padding"]
        explorer.set(token=3)
        assert (explorer.error, explorer.reading.title) == ("", "padding")

        session.undo()
        session.undo()
        assert (explorer.error, explorer.probe.token) == ("", 0)
        (choice,) = explorer._controls["token"].inputs
        assert [name for name, _ in choice.options] == ["point 0", "padding"]
        with pytest.raises(
            ValueError, match="must lie from 0 to 1 in this run, where 0 means point"
        ):
            explorer.set(token=2)
