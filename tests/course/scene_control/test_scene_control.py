"""A drawn scene that is dragged: what the page shows, and what the session gets."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.course.scene_control import scene_runner
from sam_explore.course.scene_control.dragging import Dragged
from sam_explore.provenance import origin_of_picture
from sam_explore.scenes import Changes, changed_scene
from sam_explore.tracing import Trace
from sam_explore.widgets.canvas.picture_drawing import MASK, TRUTH

from ...widgets.screen import click, drag, front_end_sets, press_button, send

SEED, SIZE = 3, 64  # a tulip


class Control:
    """A control of 256 CSS pixels: a pixel of the scene of 64 is 8 canvas pixels."""

    def __init__(self, session, screen):
        self.session, self.screen = session, screen
        self.view = sx.course.SceneControl(session, width=256)
        self.stage, self.buttons = self.view._stage.canvas, self.view._buttons

    def press(self, x: float, y: float) -> None:
        send(self.stage, "mouse_down", 8 * x, 8 * y)

    def move(self, x: float, y: float) -> None:
        send(self.stage, "mouse_move", 8 * x, 8 * y)

    def release(self, x: float, y: float) -> None:
        send(self.stage, "mouse_up", 8 * x, 8 * y)

    def key(self, name: str, x: float, y: float) -> None:
        send(self.stage, "key", 8 * x, 8 * y, name=name, corner=None)

    @property
    def changes(self) -> Changes:
        return self.session.truth.drawn_from.changes


@pytest.fixture
def control(open_session, screen):
    control = Control(open_session(sx.scene(SEED, SIZE).image), screen)
    yield control
    control.view.close()


def middle_of(name: str) -> tuple[float, float]:
    """A place in the middle of what is visible of a region."""
    scene = sx.scene(SEED, SIZE)
    rows, columns = np.nonzero(scene.mask(scene.index(name)))
    middle = len(rows) // 2
    return columns[middle] + 0.5, rows[middle] + 0.5


def pictures_equal(image, **changes) -> bool:
    return np.array_equal(image, changed_scene(SEED, size=SIZE, **changes).image)


def test_a_drag_moves_the_object_and_the_session_gets_picture_and_truth_at_its_end(control):
    x, y = middle_of("tulip/stem")
    before = control.session.image
    control.press(x, y)
    control.move(x + 5, y - 3)
    assert control.session.image is before
    assert pictures_equal(control.view._stage.image, moved_px={"tulip": (5, -3)})
    control.move(x + 8, y)
    control.release(x + 8, y + 1)
    assert control.changes == Changes({"tulip": (8, 1)})
    assert pictures_equal(control.session.image, moved_px={"tulip": (8, 1)})
    assert np.array_equal(control.session.truth.image, control.session.image)
    assert control.view._stage.image is control.session.image
    assert "moved by 8, 1 pixels" in control.view.words
    assert origin_of_picture(control.session.image).code in control.session.code


def test_while_dragging_mask_truth_and_scores_are_those_of_the_moved_picture(control, screen):
    x, y = middle_of("tulip/stem")
    control.session.add_point((x, y))
    first = control.view.words
    control.press(x, y)
    control.move(x + 6, y)
    then = changed_scene(SEED, size=SIZE, moved_px={"tulip": (6, 0)})
    prompts = sx.Prompts(points=[(x + 6, y)])
    expected = Trace(control.session.sam, then.image, prompts).prediction
    shown = control.view._shown
    np.testing.assert_allclose(shown.prediction.logits, expected.logits, atol=1e-5)
    assert control.view.words != first
    assert "predicted IoU" in control.view.words
    assert "Its true IoU with tulip (whole) is" in control.view.words
    assert screen.drawn(control.stage[TRUTH])
    assert screen.picture(control.stage[MASK]) is not None
    assert control.session.prompts.points.tolist() == [[x, y]]


def test_what_was_computed_while_dragging_is_not_computed_again_at_its_end(control, steps):
    x, y = middle_of("tulip/stem")
    control.session.add_point((x, y))
    control.press(x, y)
    control.move(x + 6, y)
    steps.clear()
    control.release(x + 6, y)
    assert control.session.prompts.points.tolist() == [[x + 6, y]]
    assert control.session.prediction is not None
    assert steps == []


def test_a_click_asks_there_and_prompts_can_stay_where_they_are(control):
    x, y = middle_of("tulip/stem")
    click(control.stage, 8 * x, 8 * y)
    assert control.session.prompts.points.tolist() == [[x, y]]
    front_end_sets(control.buttons.along, value=False)
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * y))
    assert control.changes == Changes({"tulip": (4, 0)})
    assert control.session.prompts.points.tolist() == [[x, y]]


def test_a_part_moves_alone(control):
    control.buttons.what.value = Dragged.PART
    x, y = middle_of("tulip/blossom")
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * (y + 2)))
    assert control.changes == Changes({"tulip/blossom": (4, 2)})


def test_a_board_is_put_down_dragged_and_taken_away(control):
    control.buttons.what.value = Dragged.BOARD
    click(control.stage, 80, 160)
    assert control.changes == Changes(cover_px=(10, 20))
    assert control.session.prompts.is_empty
    drag(control.stage, (80, 160), (240, 320))
    assert control.changes == Changes(cover_px=(30, 40))
    press_button(control.buttons.no_board)
    assert control.changes == Changes()
    assert control.buttons.no_board.disabled


def test_a_texture_is_for_the_object_that_was_held_last(control):
    assert control.buttons.texture.description == "Texture of tulip"
    front_end_sets(control.buttons.texture, index=2)
    assert control.changes == Changes(textures={"tulip": "stripes"})
    assert pictures_equal(control.session.image, textures={"tulip": "stripes"})
    front_end_sets(control.buttons.texture, index=0)
    assert control.changes == Changes()
    assert pictures_equal(control.session.image)


def test_as_drawn_takes_all_back_with_the_prompts(control):
    x, y = middle_of("tulip/stem")
    click(control.stage, 8 * x, 8 * y)
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * y))
    front_end_sets(control.buttons.texture, index=3)
    press_button(control.buttons.back)
    assert control.changes == Changes()
    assert pictures_equal(control.session.image)
    assert control.session.prompts.points.tolist() == [[x, y]]
    assert control.buttons.back.disabled


def test_keys_take_hold_move_and_let_go(control):
    x, y = middle_of("tulip/stem")
    control.key("move", x, y)
    assert f"x {x:.0f}, y {y:.0f}: tulip" in control.view._stage.area.news
    control.key("enter", x, y)
    control.key("move", x + 2, y)
    assert pictures_equal(control.view._stage.image, moved_px={"tulip": (2, 0)})
    control.key("enter", x + 2, y)
    assert control.changes == Changes({"tulip": (2, 0)})
    control.key("enter", x + 2, y)
    control.key("move", x + 9, y)
    control.key("delete", x + 9, y)
    assert control.changes == Changes({"tulip": (2, 0)})
    assert pictures_equal(control.view._stage.image, moved_px={"tulip": (2, 0)})
    control.key("enter", x + 2, y)
    control.key("enter", x + 2, y)
    assert control.session.prompts.points.tolist() == [[x + 2, y]]


def test_a_press_on_the_background_moves_nothing(control):
    before = control.session.image
    drag(control.stage, (8, 8), (80, 80))
    assert control.session.image is before
    assert control.session.prompts.is_empty


def test_other_choices_of_the_session_stay(control):
    x, y = middle_of("tulip/stem")
    control.session.truth_level, control.session.chosen = 1, 3
    control.session.threshold, control.session.token = 1.5, (0, 1)
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * y))
    now = control.session.now
    assert (now.truth_level, now.chosen, now.threshold, now.token) == (1, 3, 1.5, (0, 1))
    assert now.encoded is not None


def test_another_picture_that_is_no_scene_is_said_and_left_alone(control, image):
    control.session.image = image
    assert "not a drawn scene" in control.view.words
    assert control.buttons.what.disabled
    drag(control.stage, (8, 8), (80, 80))
    assert control.session.image is not None
    assert np.array_equal(control.session.image, image)
    control.session.image = sx.scene(SEED, SIZE).image
    assert not control.buttons.what.disabled
    assert "Drag what you see" in control.view.words


def test_what_it_cannot_show_is_refused(open_session, image):
    with pytest.raises(ValueError, match=r'not a drawn scene.*sx.example\("turtle"\)'):
        sx.course.SceneControl(open_session(image))
    with pytest.raises(TypeError, match="SceneControl expects a session first"):
        sx.course.SceneControl(image)
    with pytest.raises(ValueError, match="at least 192 CSS pixels, not 100"):
        sx.course.SceneControl(open_session(sx.scene(SEED, SIZE).image), width=100)


def test_a_closed_control_follows_no_longer(open_session, screen):
    session = open_session(sx.scene(SEED, SIZE).image)
    observed = len(session._trait_notifiers.get("image", {}).get("change", []))
    control = Control(session, screen)
    control.view.close()
    control.view.close()
    assert len(session._trait_notifiers.get("image", {}).get("change", [])) == observed
    session.add_point((10, 10))


def test_changes_that_come_while_it_works_replace_those_that_wait(
    open_session, screen, monkeypatch
):
    """Twenty moves while the first is drawn: the first and the last are shown, no others."""
    session = open_session(sx.scene(SEED, SIZE).image, synchronous=False)
    session.settle()
    control = Control(session, screen)
    session.settle()
    x, y = middle_of("tulip/stem")
    shown, drawn = [], scene_runner.changed

    def note(arrangement, changes):
        shown.append(changes)
        if len(shown) == 1:
            for step in range(1, 21):
                control.move(x + step / 2, y)
        return drawn(arrangement, changes)

    monkeypatch.setattr(scene_runner, "changed", note)
    control.press(x, y)
    control.move(x + 2, y)
    session.settle()
    assert shown == [Changes({"tulip": (2, 0)}), Changes({"tulip": (10, 0)})]
    control.release(x + 10, y)
    session.settle()
    assert control.changes == Changes({"tulip": (10, 0)})
    control.view.close()


def test_a_slow_model_shows_the_picture_first_and_the_session_goes_on(control, monkeypatch):
    """Every step counts as too long: the mask waits, and the session's own encode makes it."""
    monkeypatch.setattr(scene_runner, "_PATIENCE_S", -1.0)
    x, y = middle_of("tulip/stem")
    control.session.add_point((x, y))
    said = []
    show = control.view._say
    monkeypatch.setattr(control.view, "_say", lambda words: (said.append(words), show(words)))
    control.press(x, y)
    control.move(x + 6, y)
    assert said[0].startswith("The mask follows when you hold still.")
    assert "predicted IoU" in said[-1]  # nothing newer came, so it was worked out
    control.release(x + 7, y)
    assert control.changes == Changes({"tulip": (7, 0)})
    assert control.session.prediction is not None
    assert "predicted IoU" in control.view.words


def test_with_a_slow_model_the_picture_follows_even_if_newer_moves_are_waiting(
    open_session, screen, monkeypatch
):
    """Each picture is shown before its encode is given up for the next one."""
    monkeypatch.setattr(scene_runner, "_PATIENCE_S", -1.0)
    session = open_session(sx.scene(SEED, SIZE).image, synchronous=False)
    session.settle()
    control = Control(session, screen)
    session.settle()
    x, y = middle_of("tulip/stem")
    shown, show = [], control.view._say

    def note(words):
        changes = control.view._shown.truth.drawn_from.changes
        shown.append(changes.moved_px["tulip"][0])
        if len(shown) < 4:
            control.move(x + 2 + len(shown), y)
        show(words)

    monkeypatch.setattr(control.view, "_say", note)
    control.press(x, y)
    control.move(x + 2, y)
    session.settle()
    assert list(dict.fromkeys(shown)) == [2, 3, 4, 5]
    control.view.close()


OTHER = 4


@pytest.mark.parametrize("when", ["before it is drawn", "while it is drawn"])
def test_a_scene_that_is_opened_during_a_drag_stays_as_it_is(when, control, monkeypatch):
    session, (x, y) = control.session, middle_of("tulip/stem")
    other, drawn = sx.scene(OTHER, SIZE).image, scene_runner.changed

    def open_other(arrangement, changes):
        session.image = other
        return drawn(arrangement, changes)

    control.press(x, y)
    control.move(x + 6, y)
    if when == "before it is drawn":
        session.image = other
    else:
        monkeypatch.setattr(scene_runner, "changed", open_other)
    control.release(x + 7, y)
    monkeypatch.setattr(scene_runner, "changed", drawn)
    assert session.error == ""
    assert np.array_equal(session.image, other)
    assert control.view._stage.image is session.image
    press_button(control.buttons.back)  # which is of the scene that is there now
    assert session.error == ""
    assert np.array_equal(session.image, other)
    session.image = sx.scene(SEED, SIZE).image
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * y))
    assert control.changes == Changes({"tulip": (4, 0)})


def test_after_a_drag_that_fails_the_sessions_own_scene_is_shown(control, monkeypatch):
    x, y = middle_of("tulip/stem")
    drawn = scene_runner.changed
    control.press(x, y)
    control.move(x + 6, y)
    monkeypatch.setattr(scene_runner, "changed", lambda *_: 1 // 0)
    control.release(x + 7, y)
    assert "ZeroDivisionError" in control.session.error
    assert control.view._stage.image is control.session.image
    monkeypatch.setattr(scene_runner, "changed", drawn)
    drag(control.stage, (8 * x, 8 * y), (8 * (x + 4), 8 * y))
    assert control.session.error == ""
    assert control.changes == Changes({"tulip": (4, 0)})
