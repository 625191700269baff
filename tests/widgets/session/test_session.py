"""Prompts, pictures and models of a session, and its predictions."""

import gc
import weakref

import numpy as np
import pytest
import torch

from sam_explore import encode, predict
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.widgets import Session

from ...patience import PATIENCE_SECONDS
from ..conftest import FOUR_BY_FOUR


def points(session: Session) -> list:
    return session.prompts.points.tolist()


def test_a_prompt_is_answered_as_predict_answers_it(sam, image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    expected = predict(sam, encode(sam, image), Prompts([(10, 20)]))
    # A trace runs the explicit form of attention, predict the fused one.
    assert np.abs(session.prediction.logits - expected.logits).max() < 1e-5
    assert np.abs(session.prediction.iou - expected.iou).max() < 1e-5
    assert session.shown_mask == expected.chosen


def test_a_worker_gives_the_same_answer_as_the_synchronous_mode(image, open_session):
    session, other = open_session(image), open_session(image, synchronous=False)
    for each in (session, other):
        each.set_box((5.0, 6.0, 50.0, 60.0))
        each.add_point((30.0, 30.0), 0)
    other.settle(PATIENCE_SECONDS)
    assert np.array_equal(session.prediction.logits, other.prediction.logits)


def test_the_picture_is_encoded_once_for_all_prompts(steps, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.add_point((3.0, 4.0))
    assert steps == ["embed", "block 0", "block 1", "project", *(["prompts", "decode"] * 2)]


def test_without_prompts_there_is_no_prediction(answers, image, open_session):
    session = open_session(image)
    assert session.prediction is None
    assert session.shown_mask is None
    session.add_point((1.0, 2.0))
    assert session.prediction is not None
    session.clear()
    assert session.prediction is None
    assert len(answers.asked) == 1


def test_a_new_picture_starts_over(answers, image, open_session):
    session = open_session(image)
    session.add_point((60.0, 60.0))
    session.chosen = 2
    session.image = np.zeros((32, 32, 3), np.uint8)
    assert session.prompts.is_empty
    assert session.prediction is None
    assert session.chosen is None
    assert not session.can_undo
    assert session.encoded.frame.image_size == (32, 32)


def test_another_model_answers_the_same_prompts(image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    before = session.prediction
    torch.manual_seed(1)
    session.sam = other = Sam(FOUR_BY_FOUR).eval()
    expected = predict(other, encode(other, image), session.prompts)
    assert np.abs(session.prediction.logits - expected.logits).max() < 1e-5
    assert not np.array_equal(session.prediction.logits, before.logits)


def test_redo_does_again_what_undo_took_back_until_something_else_is_asked(
    answers, image, open_session
):
    session = open_session(image)
    session.redo()
    session.add_point((1.0, 2.0))
    session.add_point((3.0, 4.0))
    assert not session.can_redo
    session.undo()
    session.undo()
    session.redo()
    assert points(session) == [[1, 2]]
    assert session.can_undo
    assert session.can_redo
    session.redo()
    assert points(session) == [[1, 2], [3, 4]]
    assert not session.can_redo
    session.undo()
    session.add_point((5.0, 6.0))
    assert not session.can_redo
    session.undo()
    session.image = np.zeros((8, 8, 3), np.uint8)
    assert not session.can_redo


def test_undo_takes_back_points_boxes_and_clear_one_by_one(answers, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.set_box((0.0, 0.0, 9.0, 9.0))
    session.set_box((5.0, 5.0, 8.0, 8.0))
    session.clear()
    session.clear()  # nothing to clear, so nothing to take back
    session.undo()
    assert session.prompts.box.tolist() == [5, 5, 8, 8]
    session.undo()
    assert session.prompts.box.tolist() == [0, 0, 9, 9]
    session.undo()
    assert session.prompts.box is None
    assert points(session) == [[1, 2]]
    assert session.can_undo
    session.undo()
    assert session.prompts.is_empty
    assert not session.can_undo
    session.undo()
    assert session.prediction is None


def test_prompts_set_from_python_can_be_taken_back_too(answers, image, open_session):
    session = open_session(image)
    session.prompts = Prompts([(1, 1), (2, 2)])
    session.prompts = Prompts([(3, 3)])
    session.undo()
    assert points(session) == [[1, 1], [2, 2]]
    assert session.prediction.prompts is session.trace.prompts


def test_a_hundred_changes_can_be_taken_back(answers, image, open_session):
    session = open_session(image)
    for x in range(110):
        session.prompts = Prompts([(x / 2, 1)])
    for _ in range(100):
        session.undo()
    assert points(session) == [[4.5, 1]]
    assert not session.can_undo


def test_the_threshold_and_the_choice_ask_the_model_nothing(answers, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.threshold = 1.5
    session.chosen = 3
    assert session.shown_mask == 3
    session.chosen = None
    assert session.shown_mask == 2  # the best predicted IoU of tokens 1 to 3
    assert len(answers.asked) == 1


def test_the_session_keeps_a_copy_of_the_picture(image, open_session):
    session = open_session(image)
    kept = image.copy()
    image[:] = 0
    assert np.array_equal(session.image, kept)
    with pytest.raises(ValueError, match="read-only"):
        session.image[0] = 0


def test_a_session_is_closed_when_its_context_ends(sam, image):
    with Session(sam, image) as session:
        thread = session._worker._thread
        assert thread.is_alive()
    assert not thread.is_alive()
    session.close()


def test_a_closed_session_empties_its_cache_and_computes_again_when_read(image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    before, cached = session.prediction, weakref.ref(session.trace.engine.store)
    session.close()
    gc.collect()
    assert cached() is None
    assert np.array_equal(session.trace.prediction.logits, before.logits)
