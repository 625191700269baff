import pytest

from sam_explore.widgets.canvas.gesture import Click, Drag, Gesture


@pytest.fixture
def gesture() -> Gesture:
    return Gesture(slop=4.0)


def test_a_press_and_a_release_are_a_click_where_it_was_pressed(gesture):
    gesture.press((10.0, 20.0))
    assert gesture.move((12.0, 22.0)) is None  # 2.8 away: a hand that slips
    assert gesture.release((12.0, 22.0)) == Click((10.0, 20.0))
    assert not gesture.active


def test_going_further_than_the_slop_makes_a_drag(gesture):
    gesture.press((10.0, 20.0))
    assert gesture.move((10.0, 24.0)) is None  # exactly 4
    assert gesture.move((13.0, 24.0)) == Drag((10.0, 20.0), (13.0, 24.0))  # 3, 4, 5
    assert gesture.release((40.0, 5.0)) == Drag((10.0, 20.0), (40.0, 5.0))


def test_a_drag_that_comes_back_stays_a_drag(gesture):
    gesture.press((10.0, 20.0))
    gesture.move((50.0, 20.0))
    assert gesture.release((10.0, 20.0)) == Drag((10.0, 20.0), (10.0, 20.0))


def test_a_release_far_from_the_press_is_a_drag_without_moves_between(gesture):
    gesture.press((0.0, 0.0))
    assert gesture.release((0.0, 9.0)) == Drag((0.0, 0.0), (0.0, 9.0))


def test_a_release_without_a_place_ends_at_the_last_one(gesture):
    gesture.press((0.0, 0.0))
    gesture.move((0.0, 9.0))
    assert gesture.release() == Drag((0.0, 0.0), (0.0, 9.0))


def test_nothing_happens_without_a_press(gesture):
    assert gesture.move((1.0, 1.0)) is None
    assert gesture.release((1.0, 1.0)) is None
    gesture.press((0.0, 0.0))
    gesture.release((0.0, 0.0))
    assert gesture.release((0.0, 0.0)) is None


def test_a_second_press_forgets_a_gesture_whose_end_was_not_seen(gesture):
    gesture.press((0.0, 0.0))
    gesture.move((30.0, 0.0))
    gesture.press((50.0, 50.0))
    assert gesture.release((50.0, 50.0)) == Click((50.0, 50.0))


def test_the_box_of_a_drag_has_left_and_top_first():
    assert Drag((9.0, 2.0), (4.0, 7.0)).box == (4, 2, 9, 7)
