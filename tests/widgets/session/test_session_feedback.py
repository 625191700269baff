"""Clicks that correct a mask: which logits are fed back, the same for all views."""

import numpy as np
import pytest
import torch
from traitlets import TraitError

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, predict
from sam_explore.widgets import Session, explore

from ...patience import PATIENCE_SECONDS
from ..conftest import FOUR_BY_FOUR

A, B, C = (10.0, 20.0), (50.0, 12.0), (30.0, 55.0)


@pytest.fixture
def session(image, open_session) -> Session:
    return open_session(image)


def asked(session, *steps: tuple[Prompts, int]) -> Prediction:
    """What a dialogue gives by hand: prompts, and the mask whose logits go on to the next."""
    run, hint = sx.Trace(session.sam, session.image), None
    for prompts, mask in steps:
        prediction = run.with_prompts(prompts.with_mask_hint(hint)).prediction
        hint = prediction.logits[prediction.chosen if mask is None else mask]
    return prediction


def assert_shows(session, expected: Prediction) -> None:
    assert session.error == ""
    assert np.array_equal(session.prediction.logits, expected.logits)
    assert np.array_equal(session.trace.prediction.logits, expected.logits)


ONE, TWO = (Prompts([A]), None), (Prompts([A, B]), None)
THREE = (Prompts([A, B, C], [1, 1, 0]), None)


def click_three(session) -> None:
    for place, label in ((A, 1), (B, 1), (C, 0)):
        session.add_point(place, label)


def test_each_click_feeds_back_the_mask_that_was_shown(session):
    for steps, (place, label) in zip(
        ([ONE], [ONE, TWO], [ONE, TWO, THREE]), ((A, 1), (B, 1), (C, 0)), strict=True
    ):
        session.add_point(place, label)
        assert_shows(session, asked(session, *steps))
    assert session.prompts.mask_hint is None


def test_undo_brings_back_the_logits_of_the_step_before(session):
    seen = []
    for place in (A, B, C):
        session.add_point(place)
        seen.append(session.prediction.logits)
    for logits in seen[-2::-1]:
        session.undo()
        assert np.array_equal(session.prediction.logits, logits)
    for logits in seen[1:]:
        session.redo()
        assert np.array_equal(session.prediction.logits, logits)


def test_a_snapshot_keeps_what_it_asks(session):
    session.add_point(A)
    session.add_point(B)
    now, logits, run = session.now, session.prediction.logits, session.trace.description
    session.feeds_back, session.chosen = False, 3
    session.add_point(C)
    assert np.array_equal(now.prediction.logits, logits)
    assert now.trace.description == run
    assert now.trace.description.fingerprint != session.trace.description.fingerprint


def test_a_run_with_other_logits_fed_back_is_another_one(session, image, open_session):
    other = open_session(image)
    other.chosen = 3
    for each in (session, other):
        each.add_point(A)
        each.add_point(B)
    assert session.prompts.points.tolist() == other.prompts.points.tolist()
    assert session.trace.description != other.trace.description
    other.clear()
    other.chosen = None
    other.add_point(A)
    other.add_point(B)
    assert session.trace.description == other.trace.description


@pytest.mark.parametrize("synchronous", [True, False])
def test_switched_off_clicks_are_asked_together_and_on_again_as_before(
    synchronous, image, open_session
):
    session = open_session(image, synchronous=synchronous)
    click_three(session)
    session.settle(PATIENCE_SECONDS)
    fed = session.prediction.logits
    session.feeds_back = False
    session.settle(PATIENCE_SECONDS)
    assert_shows(session, asked(session, THREE))
    session.feeds_back = True
    session.settle(PATIENCE_SECONDS)
    assert np.array_equal(session.prediction.logits, fed)


def test_the_mask_that_was_shown_goes_back_whichever_it_was(session):
    session.add_point(A)
    session.chosen = 3
    session.add_point(B)
    assert_shows(session, asked(session, (Prompts([A]), 3), TWO))
    session.chosen = "best"  # changes what is shown, and not what was corrected
    assert_shows(session, asked(session, (Prompts([A]), 3), TWO))
    best = int(session.prediction.iou.argmax())
    assert session.shown_mask == best
    session.add_point(C, 0)
    assert_shows(session, asked(session, (Prompts([A]), 3), (Prompts([A, B]), best), THREE))


def test_a_mask_that_was_picked_goes_back_and_the_next_answer_goes_by_the_rule(session):
    session.add_point(A)
    session.pick_mask(3)
    session.pick_mask(1)
    assert session.shown_mask == 1
    session.add_point(B)
    assert (session.chosen, session.shown_mask) == (None, 0)
    assert_shows(session, asked(session, (Prompts([A]), 1), TWO))
    session.chosen = "best"
    session.pick_mask(2)
    session.chosen = 2  # and now for good
    session.undo()
    assert session.chosen == 2


def test_a_point_that_is_dragged_counts_as_if_it_had_been_there_from_the_start(session):
    click_three(session)
    session.edit_prompts(lambda now: Prompts([(12, 22), B, C], [1, 1, 0]))
    moved = [
        (Prompts([(12, 22)]), None),
        (Prompts([(12, 22), B]), None),
        (Prompts([(12, 22), B, C], [1, 1, 0]), None),
    ]
    assert_shows(session, asked(session, *moved))


def test_a_point_that_is_removed_counts_as_if_it_had_never_been_there(session):
    click_three(session)
    session.edit_prompts(lambda now: Prompts([A, C], [1, 0]))
    assert_shows(session, asked(session, ONE, (Prompts([A, C], [1, 0]), None)))
    session.edit_prompts(lambda now: Prompts([C], [0]))
    assert_shows(session, asked(session, (Prompts([C], [0]), None)))


def test_a_new_box_is_asked_with_the_points_at_once_and_is_corrected_then(session):
    box = (5.0, 6.0, 50.0, 60.0)
    session.add_point(A)
    session.add_point(B)
    session.set_box(box)
    boxed = Prompts([A, B], box=box)
    assert_shows(session, asked(session, (boxed, None)))
    session.add_point(C, 0)
    corrected = Prompts([A, B, C], [1, 1, 0], box)
    assert_shows(session, asked(session, (boxed, None), (corrected, None)))
    session.set_box(None)
    assert_shows(session, asked(session, THREE))


def test_a_painted_hint_goes_in_place_of_the_logits_until_it_is_dropped(session):
    click_three(session)
    fed, own = session.prediction.logits, np.full((16, 16), -3.0)
    session.edit_prompts(lambda now: now.with_mask_hint(own))
    run = sx.Trace(session.sam, session.image, THREE[0].with_mask_hint(own))
    assert_shows(session, run.prediction)
    assert not session.now.is_fed_back
    session.edit_prompts(lambda now: now.with_mask_hint(None))
    assert np.array_equal(session.prediction.logits, fed)


def test_prompts_set_from_python_are_asked_at_once_as_predict_asks_them(session):
    session.add_point(A)
    session.prompts = session.prompts.with_point(B)
    assert_shows(session, asked(session, TWO))
    one = predict(session.sam, encode(session.sam, session.image), session.prompts)
    assert np.abs(session.prediction.logits - one.logits).max() < 1e-5


def test_another_model_feeds_back_its_own_logits(session):
    click_three(session)
    torch.manual_seed(1)
    session.sam = Sam(FOUR_BY_FOUR).eval()
    assert_shows(session, asked(session, ONE, TWO, THREE))


def test_another_picture_starts_over(session):
    click_three(session)
    session.image = np.zeros((64, 64, 3), np.uint8)
    session.add_point(A)
    assert_shows(session, asked(session, ONE))


def test_windows_and_edits_are_those_of_every_step(session):
    click_three(session)
    session.windows = (2, 0)
    run, hint = sx.Trace(session.sam, session.image, windows=(2, 0)), None
    for prompts, _ in (ONE, TWO, THREE):
        prediction = run.with_prompts(prompts.with_mask_hint(hint)).prediction
        hint = prediction.logits[prediction.chosen]
    assert_shows(session, prediction)


def test_an_edit_that_a_step_before_does_not_allow_says_what_to_do(session):
    session.add_point(A)
    session.add_point(B)
    session.edits = (sx.interventions.DropPromptToken(2),)
    assert "Without feeding logits back they are asked together." in session.error
    session.feeds_back = False
    assert session.error == ""


def test_an_explorer_shows_what_the_canvas_shows(session):
    click_three(session)
    with explore(sx.probes.RawLogits, session) as explorer:
        expected = asked(session, ONE, TWO, THREE)
        run = sx.Trace(session.sam, session.image, session.trace.prompts)
        assert np.array_equal(run.prediction.logits, expected.logits)
        assert explorer.reading.provenance.fingerprint == run.description.fingerprint


def test_an_explorer_follows_when_feeding_back_is_switched_off_and_on(session):
    click_three(session)
    with explore(sx.probes.RawLogits, session) as explorer:
        for feeds_back in (False, True):
            session.feeds_back = feeds_back
            expected = session.trace.description.fingerprint
            assert explorer.reading.provenance.fingerprint == expected


@pytest.mark.parametrize("choice", [None, "best", 2])
def test_saved_prompts_come_back_with_the_masks_and_what_was_chosen(
    choice, session, image, open_session, tmp_path
):
    session.chosen = choice
    click_three(session)
    session.save_prompts(tmp_path / "prompts.json")
    other = open_session(image)
    other.feeds_back = False
    other.restore_prompts(tmp_path / "prompts.json")
    assert (other.feeds_back, other.chosen) == (True, choice)
    assert_shows(other, session.prediction)
    for each in (session, other):
        each.add_point((40.0, 40.0))
    assert_shows(other, session.prediction)


def test_saved_prompts_alone_give_the_masks_too(session, tmp_path):
    click_three(session)
    session.save_prompts(tmp_path / "prompts.json")
    text = (tmp_path / "prompts.json").read_text()
    prompts = sx.saved_prompts.prompts_from_json(text)
    run = sx.Trace(session.sam, session.image, prompts)
    assert np.array_equal(run.prediction.logits, session.prediction.logits)


def test_a_choice_that_means_nothing_is_refused(session):
    for wrong in ("worst", 4, -1, True, 1.5, [1]):
        with pytest.raises((ValueError, TraitError), match="chosen"):
            session.chosen = wrong


def test_an_example_is_answered_and_the_first_click_replaces_it(session):
    session.show_example(A)
    assert_shows(session, asked(session, ONE))
    assert session.now.answers_example
    assert not session.can_undo
    session.add_point(B)
    assert_shows(session, asked(session, (Prompts([B]), None)))
    assert not session.now.answers_example
    session.undo()
    assert session.now.answers_example


def test_an_example_takes_nothing_from_a_reader_who_has_asked(session):
    session.add_point(B)
    session.show_example(A)
    assert session.prompts.points.tolist() == [list(B)]
    with pytest.raises(ValueError, match="lies outside the picture"):
        session.clear() or session.show_example((500.0, 3.0))
