"""Prompts while something else is still computed, and which predictions are shown."""

import threading

import numpy as np
import pytest

from sam_explore.model.description import block_step
from sam_explore.tracing import Trace
from sam_explore.tracing import engine as engine_module
from sam_explore.widgets import Session

from ...patience import PATIENCE_SECONDS
from ..screen import click
from ..view import View

ENCODING = "Encoding the picture …"
ENCODED = Trace.encoded.fget  # what some tests hold up


def points(session: Session) -> list:
    return session.prompts.points.tolist()


def test_clicks_while_the_picture_is_encoded_are_kept_and_answered(
    image, open_session, monkeypatch, answers
):
    begun, go_on = threading.Event(), threading.Event()

    def slow(trace: Trace):
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    session = open_session(image, synchronous=False)
    assert begun.wait(PATIENCE_SECONDS)
    assert session.busy == ENCODING
    session.add_point((10.0, 20.0))
    session.add_point((30.0, 40.0), 0)
    assert points(session) == [[10, 20], [30, 40]]
    assert session.prediction is None
    go_on.set()
    session.settle(PATIENCE_SECONDS)
    assert session.busy == ""
    assert session.prediction.prompts is session.trace.prompts


def test_busy_is_set_before_the_constructor_returns(image, open_session, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(
        Trace, "encoded", property(lambda trace: go_on.wait(PATIENCE_SECONDS) and None)
    )
    session = open_session(image, synchronous=False)
    assert session.busy == ENCODING
    go_on.set()


def test_busy_tells_the_block_that_is_computed(image, open_session):
    session, said = open_session(image), []
    session.observe(lambda change: said.append(change["new"]), "busy")
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert said[0] == ENCODING
    assert "Encoding the picture: block 2 of 2 …" in said
    assert said[-1] == ""


def test_no_click_is_lost_while_the_worker_is_busy(answers, image, open_session):
    session = open_session(image, synchronous=False)
    session.feeds_back = False
    answers.hold()
    for x in range(40):
        session.add_point((float(x), 1.0))
    answers.gate.set()
    session.settle(PATIENCE_SECONDS)
    assert points(session) == [[x, 1] for x in range(40)]
    assert session.prediction.prompts is session.trace.prompts
    assert len(answers.asked) <= 3  # what was overtaken before it began is never computed


def test_clicks_in_a_flood_are_fed_back_one_by_one_as_if_each_had_been_waited_for(
    answers, image, open_session
):
    session = open_session(image, synchronous=False)
    answers.hold()
    for x in range(6):
        session.add_point((float(x), 1.0))
    answers.gate.set()
    session.settle(PATIENCE_SECONDS)
    assert {len(each.points) for each in answers.asked} == {1, 2, 3, 4, 5, 6}
    # One click shows mask 2, which the model expects most of; from two on mask 0 answers.
    hint = session.prediction.prompts.mask_hint
    assert np.array_equal(hint, session.prediction.logits[0])


def test_callbacks_on_many_threads_lose_no_prompt(answers, image, open_session):
    session = open_session(image, synchronous=False)

    def click(row: float) -> None:
        for x in range(25):
            session.add_point((float(x), row))

    threads = [threading.Thread(target=click, args=(float(row),)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    session.settle(PATIENCE_SECONDS)
    assert sorted(points(session)) == [[x, row] for x in range(25) for row in range(4)]
    assert session.prediction.prompts is session.trace.prompts


def test_a_prediction_that_was_overtaken_is_shown_until_the_newer_comes(
    answers, image, open_session
):
    session, seen = open_session(image, synchronous=False), []
    session.observe(lambda change: seen.append(len(change["new"].prompts.points)), "prediction")
    session.feeds_back = False
    session.settle(PATIENCE_SECONDS)
    for count in range(1, 4):
        answers.hold()
        session.add_point((float(count), 1.0))
        answers.wait_until_asked()
        session.add_point((float(count), 2.0))
        answers.gate.set()
        session.settle(PATIENCE_SECONDS)
        answers.wait_until_asked()
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_late_answer_does_not_come_back_after_clear(answers, image, open_session):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((1.0, 2.0))
    answers.wait_until_asked()
    session.clear()
    answers.gate.set()
    session.settle(PATIENCE_SECONDS)
    assert session.prediction is None
    session.undo()
    session.settle(PATIENCE_SECONDS)
    assert session.prediction.prompts is session.trace.prompts


def test_a_late_answer_about_an_older_picture_is_dropped(answers, image, open_session):
    session, seen = open_session(image, synchronous=False), []
    session.settle(PATIENCE_SECONDS)
    answers.hold()
    session.add_point((1.0, 2.0))
    answers.wait_until_asked()
    session.observe(lambda change: seen.append(change["new"]), "prediction")
    session.image = np.zeros((32, 48, 3), np.uint8)
    session.add_point((40.0, 30.0))
    answers.gate.set()
    session.settle(PATIENCE_SECONDS)
    assert [one.prompts for one in seen] == [session.prompts]
    assert session.prediction.frame.image_size == (32, 48)


def test_the_encoding_of_a_replaced_picture_is_dropped(image, open_session, monkeypatch):
    begun, go_on, sizes = threading.Event(), threading.Event(), []

    def slow(trace: Trace):
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    session = open_session(image, synchronous=False)
    session.observe(lambda change: sizes.append(change["new"].frame.image_size), "encoded")
    assert begun.wait(PATIENCE_SECONDS)
    session.image = np.zeros((32, 48, 3), np.uint8)
    go_on.set()
    session.settle(PATIENCE_SECONDS)
    assert sizes == [(32, 48)]
    assert session.busy == ""


def test_a_new_picture_stops_the_encoding_of_the_old_one_between_blocks(
    steps, image, open_session, monkeypatch
):
    session = open_session(image, synchronous=False)
    session.settle(PATIENCE_SECONDS)
    reached, go_on, compute = threading.Event(), threading.Event(), engine_module.compute

    def hold(step, *rest):
        if step == block_step(0) and not reached.is_set():
            reached.set()
            assert go_on.wait(PATIENCE_SECONDS)
        return compute(step, *rest)

    monkeypatch.setattr(engine_module, "compute", hold)
    steps.clear()
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert reached.wait(PATIENCE_SECONDS)
    session.image = image
    go_on.set()
    session.settle(PATIENCE_SECONDS)
    assert steps == ["embed", "block 0", "embed", "block 0", "block 1", "project"]
    assert session.encoded.frame.image_size == (64, 64)
    assert session.busy == ""
    assert session.error == ""


def test_settling_says_what_it_waits_for(answers, image, open_session):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((1.0, 2.0))
    with pytest.raises(TimeoutError, match=r"still at work after 0.01 s"):
        session.settle(0.01)
    answers.gate.set()
    session.settle(PATIENCE_SECONDS)


def test_a_click_while_another_picture_is_fetched_belongs_to_the_one_on_screen(
    answers, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    view = View(session, screen)
    session.settle(PATIENCE_SECONDS)
    reading, go_on, other = threading.Event(), threading.Event(), np.zeros((64, 64, 3), np.uint8)

    def get() -> np.ndarray:
        reading.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return other

    session.fetch("image", get, "Opening it")
    assert reading.wait(PATIENCE_SECONDS)
    click(view.stage, 80, 160)
    assert points(session) == [[10, 20]]
    assert view.marks() == [(10, 20, True)]
    go_on.set()
    session.settle(PATIENCE_SECONDS)
    assert np.array_equal(session.image, other)
    assert session.prompts.is_empty
    assert view.marks() == []
    view.canvas.close()


def test_a_click_on_a_picture_that_was_just_replaced_does_not_land_on_the_new_one(
    answers, image, open_session, screen, monkeypatch
):
    session = open_session(image, synchronous=False)
    view = View(session, screen)
    session.settle(PATIENCE_SECONDS)
    before, show_photo = session.image, view.canvas._stage.show_photo
    encoding, go_on = threading.Event(), threading.Event()

    def slow(trace: Trace):
        encoding.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return ENCODED(trace)

    def click_first(picture: np.ndarray) -> None:
        click(view.stage, 80, 160)  # the reader still sees the picture before
        show_photo(picture)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    monkeypatch.setattr(view.canvas._stage, "show_photo", click_first)
    session.image = np.zeros((64, 64, 3), np.uint8)
    monkeypatch.setattr(view.canvas._stage, "show_photo", show_photo)
    assert session.prompts.is_empty
    assert encoding.wait(PATIENCE_SECONDS)
    session.cancel()
    assert session.image is before
    assert points(session) == [[10, 20]]
    go_on.set()
    session.settle(PATIENCE_SECONDS)
    assert view.marks() == [(10, 20, True)]
    view.canvas.close()
