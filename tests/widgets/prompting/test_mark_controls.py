"""Marks chosen, moved and removed without a mouse."""

import threading

import pytest
from ipywidgets.widgets.widget import _instances

from sam_explore.geometry import Prompts
from sam_explore.widgets.canvas.marks import Mark
from sam_explore.widgets.prompting.mark_controls import MarkControls, marks_of
from sam_explore.widgets.prompting.prompt_editor import PromptEditor

from ..screen import front_end_sets, press_button
from ..view import observers_of

ALL = Prompts([(10, 20), (30, 40)], [1, 0], box=(5, 6, 50, 60))


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


@pytest.fixture
def controls(session):
    controls = MarkControls(session, PromptEditor(session))
    yield controls
    controls.close()


def names(controls: MarkControls) -> list[str]:
    return [name for name, _ in controls._marks.options]


def place(controls: MarkControls) -> list[float]:
    return [field.value for field in controls._fields]


def test_all_marks_are_listed_with_names_and_two_corners_say_all_of_a_box():
    assert marks_of(ALL) == [
        (Mark("point", 0), "point 1 (+)"),
        (Mark("point", 1), "point 2 (−)"),
        (Mark("corner", 0), "box, left top"),
        (Mark("corner", 2), "box, right bottom"),
    ]
    assert marks_of(Prompts()) == []


def test_without_marks_all_is_disabled_and_says_so(controls):
    assert names(controls) == ["no marks yet"]
    assert all(part.disabled for part in (controls._marks, *controls._fields, controls._remove))
    press_button(controls._remove)  # a page may still send it


def test_the_latest_mark_is_chosen_and_its_place_shown(controls, session):
    session.prompts = Prompts([(10, 20)], [1])
    assert place(controls) == [10, 20]
    session.prompts = ALL
    assert controls._marks.value == Mark("point", 0)  # the one chosen before is still there
    front_end_sets(controls._marks, index=3)
    assert place(controls) == [50, 60]


def test_a_mark_that_goes_gives_way_to_the_last_one(controls, session):
    session.prompts = ALL
    front_end_sets(controls._marks, index=3)
    session.prompts = Prompts([(10, 20), (30, 40)], [1, 0])
    assert controls._marks.value == Mark("point", 1)
    assert place(controls) == [30, 40]


def test_a_point_whose_label_changes_is_listed_under_its_new_name(controls, session):
    session.prompts = Prompts([(10, 20)], [1])
    session.prompts = Prompts([(10, 20)], [0])
    assert names(controls) == ["point 1 (−)"]
    assert controls._marks.value == Mark("point", 0)


def test_a_number_moves_the_chosen_mark_in_one_step(controls, session):
    session.prompts = ALL
    front_end_sets(controls._marks, index=1)
    front_end_sets(controls._fields[0], value=33.0)
    assert session.prompts.points.tolist() == [[10, 20], [33, 40]]
    session.undo()
    assert session.prompts.points.tolist() == [[10, 20], [30, 40]]
    assert place(controls) == [30, 40]


def test_showing_a_place_moves_nothing(controls, session):
    session.prompts = Prompts([(10.123456, 20.0)], [1])
    assert place(controls) == [10.12, 20]
    assert session.prompts.points[0, 0] == pytest.approx(10.123456)


def test_fields_are_bounded_by_the_picture(controls, session):
    session.prompts = Prompts([(10, 20)], [1])
    assert [(field.min, field.max) for field in controls._fields] == [(0, 64), (0, 64)]


def test_the_button_removes_a_point_or_the_whole_box(controls, session):
    session.prompts = ALL
    front_end_sets(controls._marks, index=2)
    press_button(controls._remove)
    assert session.prompts.box is None
    front_end_sets(controls._marks, index=0)
    press_button(controls._remove)
    assert session.prompts.points.tolist() == [[30, 40]]
    assert names(controls) == ["point 1 (−)"]


def test_closing_leaves_no_widget_and_no_observer(session):
    widgets, observers = set(_instances), observers_of(session)
    MarkControls(session, PromptEditor(session)).close()
    assert set(_instances) == widgets
    assert observers_of(session) == observers


def test_a_number_that_is_typed_while_the_prompts_change_is_not_lost(controls, session):
    session.prompts = Prompts([(10, 20)], [1])

    def while_views_are_drawn() -> None:
        field = controls._fields[0]
        page = threading.Thread(target=front_end_sets, args=(field,), kwargs={"value": 33})
        page.start()
        page.join()
        session.prompts = Prompts([(10, 20), (30, 40)], [1, 0])

    session.run_in_turn(while_views_are_drawn)
    assert session.prompts.points.tolist() == [[33, 20], [30, 40]]
    assert place(controls) == [33, 20]
