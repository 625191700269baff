"""What opens with "More": marks changed and removed, the mask hint, zoom, opacity."""

import numpy as np
import pytest
from ipywidgets import Button

from sam_explore.geometry import Prompts
from sam_explore.plots import style
from sam_explore.widgets.canvas.picture_drawing import MASK, PROMPTS
from sam_explore.widgets.prompting.brush import INSIDE, OUTSIDE
from sam_explore.widgets.prompting.modes import MORE, Mode

from ..screen import click, drag, front_end_sets, press_button, send


def choose(view, mode: Mode) -> None:
    if mode in MORE:
        front_end_sets(view.canvas._modes.more, index=MORE.index(mode))
    else:
        front_end_sets(view.canvas._modes.main, index=list(Mode).index(mode))


def button(view, words: str) -> Button:
    parts = [part for row in view.canvas._more.panel.children for part in row.children]
    return next(part for part in parts if isinstance(part, Button) and part.description == words)


def type_in(view, words: str) -> None:
    front_end_sets(view.controls.line.field, value=words)
    press_button(view.controls.line.button)


def test_more_opens_a_panel_and_closing_it_leaves_no_hidden_mode(view):
    panel, more = view.canvas._more.panel, view.controls.more
    assert panel.layout.display == "none"
    front_end_sets(more, value=True)
    assert panel.layout.display == "flex"
    choose(view, Mode.ZOOM)
    assert view.canvas._modes.main.value is None
    front_end_sets(more, value=False)
    assert panel.layout.display == "none"
    assert view.canvas._modes.mode is Mode.FOREGROUND
    assert view.canvas._modes.main.value is Mode.FOREGROUND


def test_one_mode_is_pressed_and_the_line_under_the_picture_says_what_it_does(view):
    for mode in (*Mode, Mode.BACKGROUND):
        choose(view, mode)
        assert view.canvas._modes.mode is mode
        rows = view.canvas._modes.main, view.canvas._modes.more
        assert [row.value for row in rows if row.value is not None] == [mode]
        assert mode.hint in view.canvas._pointed.value


def test_dragging_a_point_moves_it_in_one_step_that_undo_takes_back(view):
    click(view.stage, 80, 160)
    drag(view.stage, (84, 160), (240, 320))
    assert view.marks() == [(30, 40, True)]
    assert view.session.token == (2, 1)
    press_button(view.controls._undo)
    assert view.marks() == [(10, 20, True)]
    press_button(view.controls._redo)
    assert view.marks() == [(30, 40, True)]
    assert view.controls._redo.disabled


def test_remove_takes_the_nearest_mark_away_and_says_where_there_is_none(view):
    view.session.prompts = Prompts([(10, 20), (30, 40)], [1, 0], box=(5, 5, 60, 60))
    choose(view, Mode.REMOVE)
    click(view.stage, 80, 160)
    assert view.marks() == [(30, 40, False)]
    click(view.stage, 400, 200)
    assert "There is no mark to remove at 50, 25" in view.error()
    click(view.stage, 480, 480)
    assert view.session.prompts.box is None
    assert view.error() == ""


def test_a_mark_can_be_moved_and_removed_without_a_mouse(view):
    marks = view.canvas._more._marks
    assert marks._remove.disabled
    view.session.prompts = Prompts([(10, 20), (30, 40)], [1, 0], box=(5, 6, 50, 60))
    names = [name for name, _ in marks._marks.options]
    assert names == ["point 1 (+)", "point 2 (−)", "box, left top", "box, right bottom"]
    front_end_sets(marks._marks, index=1)
    assert [field.value for field in marks._fields] == [30, 40]
    front_end_sets(marks._fields[0], value=33.0)
    assert view.session.prompts.points.tolist() == [[10, 20], [33, 40]]
    front_end_sets(marks._marks, index=3)
    front_end_sets(marks._fields[1], value=64.0)
    assert view.session.prompts.box.tolist() == [5, 6, 50, 64]
    press_button(marks._remove)
    assert view.session.prompts.box is None
    front_end_sets(marks._marks, index=0)
    press_button(marks._remove)
    assert view.session.prompts.points.tolist() == [[33, 40]]


def test_following_the_prompts_is_no_action_of_the_reader(view, answers):
    answers.fail_next = RuntimeError("lost")
    view.session.add_point((10.0, 20.0))
    assert "RuntimeError: lost" in view.error()
    assert len(answers.asked) == 1


def test_the_shown_mask_becomes_the_hint_and_can_be_dropped(view):
    take, drop = button(view, "From the shown mask"), button(view, "Drop")
    assert take.disabled
    assert drop.disabled
    click(view.stage, 80, 160)
    logits = view.session.prediction.logits[2]
    press_button(take)
    assert np.array_equal(view.session.prompts.mask_hint, logits)
    assert "1 foreground point and a mask hint" in view.words()
    assert style.HINT in view.screen.settings(view.stage[PROMPTS])
    press_button(drop)
    assert view.session.prompts.mask_hint is None
    assert view.session.prompts.points.tolist() == [[10, 20]]


def test_a_hint_is_painted_and_erased_with_a_brush_or_by_numbers(view):
    front_end_sets(view.canvas._more._brush, value=4)  # 8 canvas pixels, 1 of the picture
    choose(view, Mode.PAINT)
    drag(view.stage, (16, 16), (112, 16))  # (2, 2) to (14, 2): cells of 4 pixels each
    hint = view.session.prompts.mask_hint
    assert (hint[0, :4] == INSIDE).all()
    assert (hint == OUTSIDE).sum() == hint.size - 4
    choose(view, Mode.ERASE)
    type_in(view, "2, 2")
    assert (view.session.prompts.mask_hint == INSIDE).sum() == 3
    choose(view, Mode.PAINT)
    type_in(view, "2, 62, 14, 62")
    assert (view.session.prompts.mask_hint[15, :4] == INSIDE).all()
    press_button(view.controls._undo)
    assert (view.session.prompts.mask_hint == INSIDE).sum() == 3


@pytest.mark.parametrize(
    ("words", "box"),
    [
        (["+"], (16, 16, 48, 48)),
        (["+", "→"], (32, 16, 64, 48)),
        (["+", "↑", "←"], (0, 0, 32, 32)),
        (["+", "+", "↓"], (24, 32, 40, 48)),
        (["+", "+", "−"], (16, 16, 48, 48)),
        (["+", "↓", "Fit"], (0, 0, 64, 64)),
    ],
)
def test_zoom_and_its_place_are_buttons_too(view, words, box):
    for word in words:
        press_button(button(view, word))
    assert view.canvas._stage.viewport.box == box
    choose(view, Mode.FOREGROUND)
    click(view.stage, 0, 0)
    assert view.session.prompts.points.tolist() == [list(box[:2])]


def test_opacity_is_of_this_view_alone(view):
    click(view.stage, 80, 160)
    front_end_sets(view.canvas._more._opacity, value=20)
    drawn = view.screen.picture(view.stage[MASK])
    assert set(np.unique(drawn[..., 3])) == {0, round(0.2 * 255), 255}


def test_typed_numbers_act_as_the_pointer_does_in_its_mode(view):
    choose(view, Mode.BACKGROUND)
    type_in(view, "10, 20")
    assert view.session.prompts.labels.tolist() == [0]
    choose(view, Mode.REMOVE)
    type_in(view, "10, 20")
    assert view.session.prompts.is_empty
    type_in(view, "10, 20")
    assert "There is no mark to remove" in view.error()


def test_the_right_button_and_ctrl_mean_background(view):
    for contact in ({"button": 2}, {"modifiers": ["ctrl"]}, {"modifiers": ["shift"]}):
        send(view.stage, "press", 80, 160, **contact)
        send(view.stage, "release", 80, 160)
    assert view.session.prompts.labels.tolist() == [0, 0, 1]


def test_those_who_do_not_see_the_picture_are_told_what_is_shown(view):
    area = view.canvas._stage.area
    assert area.label.startswith("Picture, 64 pixels wide and 64 high. Mode: + Foreground. Click")
    click(view.stage, 80, 160)
    answer = "1 foreground point. Mask 2 of tokens 1–3, chosen because"
    assert answer in area.label
    assert area.news.startswith(answer)
    choose(view, Mode.BOX)
    assert f"Mode: ▭ Box. {answer}" in area.label
    choose(view, Mode.REMOVE)
    click(view.stage, 500, 500)
    assert area.news.startswith("That did not work. There is no mark")


def test_the_wheel_zooms_without_ctrl_in_one_mode_alone(view):
    area = view.canvas._stage.area
    assert not area.zooms
    choose(view, Mode.ZOOM)
    assert area.zooms
    choose(view, Mode.FOREGROUND)
    assert not area.zooms


@pytest.mark.parametrize(
    ("words", "unprompted", "said"),
    [
        ("Nothing", "nothing", "Nothing"),
        ("The padding point", "padding", "The padding point alone"),
    ],
)
def test_the_model_can_be_asked_without_a_prompt(words, unprompted, said, view):
    click(view.stage, 80, 160)
    press_button(button(view, words))
    prompts = view.session.prompts
    assert (prompts.unprompted, len(prompts.points)) == (unprompted, 0)
    assert view.session.prediction.prompts is prompts
    assert said in view.words()
    assert view.mask() is not None
    assert f"unprompted='{unprompted}'" in view.session.code
    click(view.stage, 80, 160)  # an ordinary prompt takes its place
    assert view.session.prompts.unprompted is None
    view.session.undo()
    view.session.undo()
    assert len(view.session.prompts.points) == 1
