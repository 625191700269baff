"""How clicks, drags and typed numbers change the prompts, in each mode."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.widgets.canvas.marks import Mark
from sam_explore.widgets.prompting.brush import INSIDE, OUTSIDE
from sam_explore.widgets.prompting.modes import Mode
from sam_explore.widgets.prompting.prompt_editor import PromptEditor

BOX = (5.0, 6.0, 50.0, 60.0)


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


@pytest.fixture
def editor(session) -> PromptEditor:
    return PromptEditor(session)


def points(session) -> list:
    prompts = session.prompts
    return [
        (*place, label)
        for place, label in zip(prompts.points.tolist(), prompts.labels, strict=True)
    ]


def test_a_click_adds_a_point_of_the_modes_label(session, editor):
    editor.click(Mode.FOREGROUND, (10.0, 20.0), 3.0)
    editor.click(Mode.BACKGROUND, (30.0, 40.0), 3.0)
    assert points(session) == [(10, 20, 1), (30, 40, 0)]
    assert session.token == (2, 1)  # the token under the latest point, of 16 pixels


@pytest.mark.parametrize("mode", [Mode.BOX, Mode.ZOOM])
def test_a_click_in_other_modes_changes_no_prompt(session, editor, mode):
    editor.click(mode, (10.0, 20.0), 3.0)
    assert session.prompts.is_empty
    assert not session.can_undo


def test_a_click_to_remove_takes_what_is_in_reach_or_says_that_there_is_nothing(session, editor):
    session.prompts = Prompts([(10, 20), (30, 40)], [1, 0], box=BOX)
    editor.click(Mode.REMOVE, (12.0, 20.0), 3.0)
    assert points(session) == [(30, 40, 0)]
    editor.click(Mode.REMOVE, (50.0, 58.0), 3.0)
    assert session.prompts.box is None
    with pytest.raises(ValueError, match=r"no mark to remove at 34, 40\. Click on a point"):
        editor.click(Mode.REMOVE, (34.0, 40.0), 3.0)


def test_moving_a_point_picks_its_token_and_moving_a_corner_does_not(session, editor):
    session.prompts = Prompts([(10, 20)], [1], box=BOX)
    editor.move(Mark("point", 0), (40.0, 50.0))
    assert (points(session), session.token) == ([(40, 50, 1)], (3, 2))
    editor.move(Mark("corner", 0), (60.0, 62.0))  # beyond the opposite corner at 50, 60
    assert session.prompts.box.tolist() == [50, 60, 60, 62]
    assert session.token == (3, 2)


@pytest.mark.parametrize(
    ("mark", "name"), [(Mark("point", 0), "point"), (Mark("corner", 2), "box")]
)
def test_a_mark_that_is_gone_is_reported(session, editor, mark, name):
    for act in (editor.remove, lambda mark: editor.move(mark, (1.0, 1.0))):
        with pytest.raises(ValueError, match=f"This {name} is gone"):
            act(mark)


def test_a_drag_moves_what_was_held_unless_the_prompts_have_changed_meanwhile(session, editor):
    session.prompts = Prompts([(10, 20)], [1])
    held = Mark("point", 0), session.prompts
    editor.drag(held, (10.0, 20.0, 30.0, 40.0), (30.0, 40.0))
    assert points(session) == [(30, 40, 1)]
    editor.drag(held, (10.0, 20.0, 30.0, 40.0), (30.0, 40.0))  # those prompts are older now
    assert points(session) == [(30, 40, 1)]
    assert session.prompts.box.tolist() == [10, 20, 30, 40]


def test_a_drag_of_nothing_is_a_box(session, editor):
    editor.drag(None, BOX, (50.0, 60.0))
    assert session.prompts.box.tolist() == list(BOX)


def test_painting_fills_cells_and_erasing_empties_them(session, editor):
    editor.paint(Mode.PAINT, [(2.0, 2.0), (14.0, 2.0)], 1.0)  # cells of 4 pixels, 16 x 16
    hint = session.prompts.mask_hint
    assert hint.shape == (16, 16)
    assert (hint[0, :4] == INSIDE).all()
    assert (hint == INSIDE).sum() == 4
    editor.paint(Mode.ERASE, [(2.0, 2.0)], 1.0)
    assert session.prompts.mask_hint[0, 0] == OUTSIDE
    assert (session.prompts.mask_hint == INSIDE).sum() == 3


def test_the_shown_mask_is_given_back_as_a_hint(session, editor):
    with pytest.raises(ValueError, match="no mask yet"):
        editor.hint_from_shown_mask()
    editor.click(Mode.FOREGROUND, (10.0, 20.0), 3.0)
    editor.hint_from_shown_mask()
    assert np.array_equal(session.prompts.mask_hint[0], np.full(16, -4))  # mask 2: the lower half
    assert np.array_equal(session.prompts.mask_hint[15], np.full(16, 4))
    editor.ask_without(Prompts.padding_point())
    assert session.prompts.unprompted == "padding"
    assert session.prompts.mask_hint is not None
    editor.drop_hint()
    assert session.prompts.mask_hint is None


def test_an_edit_belongs_to_the_picture_that_the_reader_sees(session, image):
    seen = session.image
    editor = PromptEditor(session, lambda: seen)
    session.image = np.zeros((8, 8, 3), np.uint8)
    editor.click(Mode.FOREGROUND, (60.0, 60.0), 3.0)  # outside of the new one, for nobody
    assert session.prompts.is_empty
    assert session.error == ""


@pytest.mark.parametrize(
    ("mode", "numbers", "expected"),
    [
        (Mode.FOREGROUND, [10, 20], ([(10, 20, 1)], None)),
        (Mode.BACKGROUND, [10, 20], ([(10, 20, 0)], None)),
        (Mode.BOX, [10, 20], ([(10, 20, 1)], None)),
        (Mode.ZOOM, [10, 20], ([(10, 20, 1)], None)),
        (Mode.FOREGROUND, [5, 6, 50, 60], ([], list(BOX))),
        (Mode.BOX, [5, 6, 50, 60], ([], list(BOX))),
    ],
)
def test_typed_numbers_are_a_point_or_a_box(session, editor, mode, numbers, expected):
    editor.typed(mode, numbers, 3.0)
    box = session.prompts.box
    assert (points(session), None if box is None else box.tolist()) == expected


def test_two_typed_numbers_remove_a_mark_and_four_are_refused(session, editor):
    session.prompts = Prompts([(10, 20)], [1])
    with pytest.raises(ValueError, match=r"(?i)to remove a mark, type one place"):
        editor.typed(Mode.REMOVE, [5, 6, 50, 60], 3.0)
    assert session.prompts.box is None
    editor.typed(Mode.REMOVE, [11, 20], 3.0)
    assert session.prompts.is_empty


def test_typed_numbers_paint_and_erase(session, editor):
    editor.typed(Mode.PAINT, [2, 2, 14, 2], 1.0)
    editor.typed(Mode.ERASE, [2, 2], 1.0)
    assert (session.prompts.mask_hint == INSIDE).sum() == 3
