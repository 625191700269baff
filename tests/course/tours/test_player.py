"""A tour in a session: back and forth, and then the reader's own state goes on."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore import probes
from sam_explore.course import Tour, TourStep, tour
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.scenes import example

from ...widgets.conftest import FOUR_BY_FOUR
from ...widgets.screen import press_button

TWO = Tour(
    "Two",
    [
        TourStep("One.", points_unit=[(0.5, 0.5)], exhibit="RawLogits", unfold=["stage 1"]),
        TourStep("Two.", threshold=2.0, mask=1, point_at="block 0"),
        TourStep("Three.", points_unit=[(0, 0)], exhibit="MaskThreshold", point_at="none"),
    ],
)
OTHER_PICTURE = Tour("Other", [TourStep("One.", points_px=[(20, 30)])], picture="turtle")


@pytest.fixture(scope="module")
def turtle() -> np.ndarray:
    """Drawn once, since that takes a while."""
    return example("turtle")


@pytest.fixture
def session(image, open_session):
    session = open_session(image)
    session.add_point((10, 12))
    session.threshold = 0.5
    return session


@pytest.fixture
def player(session, screen):
    with tour(TWO, session) as player:
        yield player


def points(session) -> list:
    return session.prompts.points.tolist()


def test_the_first_step_is_shown_at_once(player, session):
    assert (player.step, player.words) == (0, "One.")
    assert points(session) == [[31.5, 31.5]]  # half of 63 pixels
    assert isinstance(player.exhibit.probe, probes.RawLogits)
    assert "image_encoder.vit.stages.0" in player.map.unfolded
    assert "One." in player._words.value
    assert session.threshold == 0.5  # it is not set by this step


def test_back_and_forth_give_the_same_states(player, session):
    press_button(player.forth)
    assert (session.threshold, session.chosen, points(session)) == (2.0, 1, [[31.5, 31.5]])
    assert "Block 0" in player.map._canvas.value.value
    press_button(player.forth)
    assert points(session) == [[0, 0]]
    assert isinstance(player.exhibit.probe, probes.MaskThreshold)
    press_button(player.back)
    assert (points(session), session.threshold) == ([[31.5, 31.5]], 2.0)
    assert isinstance(player.exhibit.probe, probes.RawLogits)
    press_button(player.back)
    assert player.back.disabled
    press_button(player.back)
    assert player.step == 0


def test_after_letting_go_the_readers_own_state_is_there(player, session):
    player.go_to(2)
    press_button(player.end)
    assert player.step is None
    assert (points(session), session.threshold, session.chosen) == ([[10, 12]], 0.5, None)
    assert player.exhibit is None
    session.undo()  # the tour's prompts can be had again
    assert points(session) == [[0, 0]]


def test_what_the_reader_has_set_since_the_last_step_stays(player, session):
    player.go_to(1)
    session.add_point((40, 40))
    session.threshold = -1.0
    player.let_go()
    assert points(session) == [[31.5, 31.5], [40, 40]]
    assert session.threshold == -1.0
    assert session.chosen is None  # which the tour has set, and the reader has not


def test_a_click_between_two_steps_can_be_undone_to(player, session):
    session.add_point((40, 40))
    player.go_to(2)
    assert points(session) == [[0, 0]]
    session.undo()
    assert points(session) == [[31.5, 31.5], [40, 40]]


def test_at_the_end_next_lets_go_and_then_begins_again(player, session):
    player.go_to(2)
    press_button(player.forth)
    assert (player.step, points(session)) == (None, [[10, 12]])
    session.prompts = Prompts(points=[(5, 6)])
    press_button(player.forth)
    assert player.step == 0
    player.let_go()
    assert points(session) == [[5, 6]]


def test_a_tour_with_its_own_picture_gives_the_readers_back_without_an_encode(session, steps):
    own, encoded = session.image, session.encoded
    player = tour(OTHER_PICTURE, session)
    assert np.array_equal(session.image, example("turtle"))
    assert points(session) == [[20, 30]]
    session.add_point((40, 40))
    steps.clear()
    player.close()
    assert session.image is own
    assert session.encoded is encoded
    assert points(session) == [[10, 12]]
    assert steps == []
    session.add_point((20, 20))  # and answers go on
    assert session.prediction.prompts.points.tolist() == [[10, 12], [20, 20]]


def test_a_picture_that_the_reader_opens_during_the_tour_is_theirs(session, image):
    player = tour(OTHER_PICTURE, session)
    session.image = image[::-1]
    session.add_point((3, 4))
    mine = session.image
    player.go_to(0)  # the tour goes on with its picture
    assert points(session) == [[20, 30]]
    player.let_go()
    assert session.image is mine
    assert points(session) == [[3, 4]]
    player.go_to(0)
    session.image = image
    player.let_go()  # on a picture that is neither the tour's nor the one from before
    assert np.array_equal(session.image, image)
    assert session.prompts.is_empty
    player.close()


def test_windows_are_set_and_given_back(session):
    steps = [TourStep("Global.", windows="global"), TourStep("Trained.", windows="trained")]
    player = tour(Tour("Windows", steps), session)
    assert session.windows == (0, 0)
    player.go_to(1)
    assert session.windows is None
    player.go_to(0)
    player.let_go()
    assert session.windows is None
    assert points(session) == [[10, 12]]
    player.close()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            TourStep("x", unfold=["stage 9"]),
            "Step 1 of the tour 'x': The network has no part .+'stage",
        ),
        (TourStep("x", exhibit="AttentionRow", knobs={"block": 7}), "block must lie from 0 to 1"),
        (TourStep("x", windows=[1, 2, 3]), "Expected one window"),
        (TourStep("x", token=(9, 9)), "Step 1 of the tour 'x': token"),
    ],
)
def test_what_this_model_cannot_show_is_said_before_anything_changes(session, step, message):
    before = session.now
    with pytest.raises(ValueError, match=message):
        tour(Tour("x", [step]), session)
    assert session.now is before


def test_points_outside_the_picture_are_said(session):
    outside = Tour("x", [TourStep("x", points_px=[(9999, 1)])], picture="turtle")
    with pytest.raises(ValueError, match="Step 1 of the tour 'x'"):
        tour(outside, session)


def test_a_page_without_a_kernel_has_the_sentences(player, session):
    data, _ = player.still()
    assert data["text/plain"].startswith("One. ")
    assert data["image/png"]
    plain = tour(Tour("x", [TourStep("One."), TourStep("Two.")]), session)
    assert plain.still() == ({"text/plain": "One.\nTwo."}, {})
    plain.close()


def test_a_number_that_the_tour_does_not_have_is_refused(player):
    with pytest.raises(ValueError, match="step must be from 0 to 2 in this tour, not 3"):
        player.go_to(3)


WINDOWS = [TourStep("One.", windows=[2, 0]), TourStep("Two.", windows="global")]


def shallow() -> Sam:
    """A model of one block, to which no step of these tours can be shown."""
    return Sam(replace(FOUR_BY_FOUR, encoder_depth=1, global_blocks=(0,))).eval()


def test_a_tour_that_another_model_can_not_show_begins_again_without_a_change(session, screen):
    own, model = session.image, session.sam
    with tour(Tour("Windows", WINDOWS, picture="turtle"), session) as player:
        player.let_go()
        session.sam = shallow()
        press_button(player.forth)
        assert "Step 1 of the tour 'Windows'" in session.error
        assert session.image is own
        assert player.step is None
        session.sam = model
        press_button(player.forth)
        assert (session.error, player.step) == ("", 0)
        player.let_go()
        assert session.image is own


def test_a_step_that_another_model_can_not_show_leaves_the_one_before(session, screen):
    with tour(Tour("Windows", WINDOWS), session) as player:
        session.sam = shallow()
        before = session.now
        press_button(player.forth)
        assert "Step 1 of the tour 'Windows'" in session.error
        assert (player.step, player.words) == (0, "One.")
        assert session.now.question is before.question
        player.let_go()
        assert session.now.question is before.question
        assert "What you have opened meanwhile stays" in player.words
