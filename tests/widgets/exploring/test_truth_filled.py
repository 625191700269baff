"""A live view takes the truth from the session, as far as it is shown there."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.scenes.ground_truth import Region, Scene, note_truth
from sam_explore.widgets import explore

from ...patience import PATIENCE_SECONDS

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


@pytest.fixture
def session(answers, image, open_session):
    """A session with a click, of a picture whose left half is a whole."""
    session = open_session(image)
    labels = np.zeros((3, *image.shape[:2]), np.int16)
    labels[0, :, : image.shape[1] // 2] = 1
    session.truth = Scene(image, labels, (Region("left", 0, None),))
    session.add_point((3.0, 3.0))
    return session


def titles(explorer) -> list[str]:
    return [each.title for each in explorer.reading.maps]


def test_the_switch_of_the_session_puts_true_iou_into_the_reading_and_takes_it_out(session, screen):
    with explore(sx.probes.RawLogits, session) as explorer:
        before = titles(explorer)
        assert not any("true IoU" in each for each in before)
        session.truth_level = 0
        assert all("true IoU" in each for each in titles(explorer))
        assert "Mask 0 is the best by true IoU with left (1.00)" in explorer.words
        session.truth = None
        assert titles(explorer) == before
        session.truth_level = None
        assert titles(explorer) == before


def test_the_code_says_where_the_truth_is_from(session, screen):
    with explore(sx.probes.RawLogits, session) as explorer:
        assert explorer.code == "sx.draw(sx.probes.RawLogits()(session.trace))"
        session.truth_level = 0
        assert explorer.code == (
            "truth = session.shown_truth\nsx.draw(sx.probes.RawLogits(truth=truth)(session.trace))"
        )
        names = {"sx": sx, "session": session}
        exec(explorer.code.replace("sx.draw(", "drawn = (", 1), names)
        assert names["drawn"].words == explorer.words


def test_a_truth_that_was_given_does_not_follow(session, screen):
    everything = np.ones(session.image.shape[:2], bool)
    with explore(sx.probes.RawLogits, session, truth=everything) as explorer:
        assert "Mask 3 is the best by true IoU with the truth given (1.00)" in explorer.words
        session.truth_level = 0
        assert "Mask 3 is the best by true IoU with the truth given (1.00)" in explorer.words
        assert explorer.code.startswith("sx.draw(sx.probes.RawLogits(truth=truth)")


def b_of(explorer) -> str:
    return explorer.words.partition("In B: ")[2]


def test_another_picture_that_is_known_is_compared_with_its_own_truth(session, screen):
    session.truth_level = 0
    other = session.image[:, ::-1].copy()
    note_truth(Scene(other, session.truth.labels[:, :, ::-1], (Region("right", 0, None),)))
    with explore(sx.probes.LogitHistogram, session, against={"image": other}) as explorer:
        assert "its true IoU with left" in explorer.words.partition("In B: ")[0]
        assert "its true IoU with right" in b_of(explorer)


def test_another_picture_that_is_known_is_compared_where_the_first_one_has_no_truth(
    session, open_session, screen
):
    first = open_session(session.image[::-1].copy())
    first.add_point((3.0, 3.0))
    other = session.image
    note_truth(session.truth)
    with explore(sx.probes.LogitHistogram, first, against={"image": other}) as explorer:
        assert "true IoU" not in explorer.words
        first.truth_level = 0
        first.settle(PATIENCE_SECONDS)
        assert "true IoU" not in explorer.words.partition("In B: ")[0]
        assert "its true IoU with left" in b_of(explorer)
        names = {"sx": sx, "session": first, "image": other}
        exec(explorer.code.replace("sx.draw(", "drawn = (", 1), names)
        assert names["drawn"].words == explorer.words


def test_another_session_brings_the_truth_that_was_painted_there(session, open_session, screen):
    other = open_session(session.image[::-1].copy())
    other.prompts = session.prompts
    with explore(sx.probes.LogitHistogram, session, against=other) as explorer:
        other.truth = np.ones(session.image.shape[:2], bool)
        assert "true IoU" not in explorer.words
        session.truth_level = 0
        session.settle(PATIENCE_SECONDS)
        assert "its true IoU with the truth given" in b_of(explorer)
        assert "of_other(other)" in explorer.code
        names = {"sx": sx, "session": session, "against": other}
        exec(explorer.code.replace("sx.draw(", "drawn = (", 1), names)
        assert names["drawn"].words == explorer.words


def test_a_new_picture_is_not_held_against_the_truth_of_the_old_one(session, screen):
    session.truth_level = 0
    other = session.image[::-1].copy()
    with explore(sx.probes.RawLogits, session, against={"image": other}) as explorer:
        assert explorer.error == ""
        assert "In B: " in explorer.words
        b = explorer.words.partition("In B: ")[2]
        assert "The truth of this picture is not known." in b
        session.image = other
        session.add_point((3.0, 3.0))
        assert explorer.error == ""
        assert "true IoU" not in explorer.words
