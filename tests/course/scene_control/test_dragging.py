"""What a drag means, worked out on a scene of a few pixels."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.corrections import Dialogue
from sam_explore.course.scene_control.dragging import (
    Dragged,
    Staged,
    along,
    changes_in_words,
    put_back,
    scene_of,
    take_hold,
    without_hint,
)
from sam_explore.geometry import Prompts
from sam_explore.scenes import Changes, DrawnFrom, Region, Scene


@pytest.fixture
def scene() -> Scene:
    """A cat in rows 2 to 5, columns 2 to 5 of 8 x 8; its head is the right half."""
    labels = np.zeros((3, 8, 8), np.int16)
    labels[0, 2:6, 2:6] = 1
    labels[1, 2:6, 4:6] = 2
    regions = (Region("cat", 0, None), Region("cat/head", 1, 0))
    return Scene(np.zeros((8, 8, 3), np.uint8), labels, regions)


def staged(*points, changes=None, box=None) -> Staged:
    of = DrawnFrom("cat", 8)
    return Staged(of, changes or Changes(), Dialogue(Prompts(points=points, box=box)))


def test_an_object_or_its_part_is_taken_hold_of_under_the_pointer(scene):
    assert take_hold(scene, staged(), Dragged.OBJECT, (4.5, 3)).name == "cat"
    assert take_hold(scene, staged(), Dragged.PART, (4.5, 3)).name == "cat/head"
    assert take_hold(scene, staged(), Dragged.PART, (2.5, 3)) is None
    assert take_hold(scene, staged(), Dragged.OBJECT, (7, 7)) is None
    assert take_hold(scene, staged(), Dragged.OBJECT, (9, 9)) is None  # outside of the picture


def test_a_drag_moves_it_and_the_points_on_it(scene):
    held = take_hold(scene, staged((3, 3), (5, 3), (7, 7)), Dragged.OBJECT, (4, 4))
    then = held.dragged((5, 3), goes_along=True)
    assert then.changes == Changes({"cat": (1, -1)})
    assert then.dialogue.prompts.points.tolist() == [[4, 2], [6, 2], [7, 7]]
    stays = held.dragged((5, 3), goes_along=False)
    assert stays.changes == then.changes
    assert stays.dialogue is held.staged.dialogue


def test_a_part_takes_only_its_own_points_along(scene):
    held = take_hold(scene, staged((3, 3), (5, 3)), Dragged.PART, (4, 4))
    then = held.dragged((4, 6), goes_along=True)
    assert then.changes == Changes({"cat/head": (0, 2)})
    assert then.dialogue.prompts.points.tolist() == [[3, 3], [5, 5]]


def test_prompts_stay_in_the_picture(scene):
    """The box reaches 1 pixel to the right of 7, so it can move by 1 of the 4."""
    dialogue = Dialogue(Prompts(points=[(5, 3)], box=(2, 2, 7, 6)))
    moved = along(dialogue, scene, {"cat": (4, -9)}).prompts
    assert moved.points.tolist() == [[8, 0]]
    assert moved.box.tolist() == [3, 0, 8, 4]


def test_corrections_stay_corrections(scene):
    dialogue = Dialogue(Prompts(points=[(3, 3)]))
    dialogue = dialogue.then(dialogue.prompts.with_point((5, 3), 0), None)
    moved = along(dialogue, scene, {"cat": (1, 0)})
    assert moved.corrected == dialogue.corrected
    assert moved.prompts.points.tolist() == [[4, 3], [6, 3]]


def test_the_board_goes_to_the_pointer_and_prompts_stay(scene):
    held = take_hold(scene, staged((3, 3)), Dragged.BOARD, (0, 0))
    then = held.dragged((2, 5), goes_along=True)
    assert then.changes == Changes(cover_px=(2, 5))
    assert then.dialogue.prompts.points.tolist() == [[3, 3]]


def test_all_goes_back_with_its_points(scene):
    moved = Changes({"cat": (1, -2), "cat/head": (0, 1)}, {"cat": "fur"}, (1, 1))
    back = put_back(scene, staged((3, 3), (5, 3), (7, 7), changes=moved))
    assert back.changes == Changes()
    assert back.dialogue.prompts.points.tolist() == [[2, 5], [4, 4], [7, 7]]


def test_a_hint_is_dropped_and_the_points_stay():
    dialogue = Dialogue(Prompts(points=[(3, 3)], mask_hint=np.zeros((4, 4))))
    assert without_hint(dialogue).prompts.mask_hint is None
    assert without_hint(dialogue).prompts.points.tolist() == [[3, 3]]


def test_a_sessions_scene_is_the_one_that_its_picture_shows(open_session):
    turtle = sx.example("turtle")
    session = open_session(turtle)
    assert scene_of(session.now).drawn_from.what == "turtle"
    session.truth = np.ones((512, 512), bool)  # a truth of the reader's own
    assert scene_of(session.now).drawn_from.what == "turtle"
    session.image = turtle[:, ::-1]
    assert scene_of(session.now) is None


def test_changes_in_words():
    assert changes_in_words(Changes()) == ""
    changes = Changes({"cat": (12.4, -3)}, {"cat": "none", "mug": "dots"}, (1, 1), 0.25)
    assert changes_in_words(changes) == (
        "Changed: cat moved by 12, −3 pixels; cat without texture; mug with dots; a board in "
        "front; the background's hues turned by 0.25."
    )
