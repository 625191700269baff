"""The row with the progress of an encode, and the buttons to cancel and start it."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from sam_explore.model.description import block_step
from sam_explore.tracing import engine as engine_module
from sam_explore.widgets.canvas.html import Html
from sam_explore.widgets.prompting.encode_row import EncodeRow

from ..screen import press_button

WAIT_S = 20


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


def shown(part) -> bool:
    return part.layout.display != "none"


def test_an_encode_shows_a_button_that_cancels_it(image, open_session, monkeypatch):
    reached, go_on, compute = threading.Event(), threading.Event(), engine_module.compute

    def hold(step, *rest):
        if step == block_step(1):
            reached.set()
            assert go_on.wait(WAIT_S)
        return compute(step, *rest)

    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    row = EncodeRow(session, Html())
    assert not any(map(shown, (row.cancel, row.go_on, row.go_back)))
    monkeypatch.setattr(engine_module, "compute", hold)
    session.image = np.zeros((8, 8, 3), np.uint8)
    assert reached.wait(WAIT_S)
    assert shown(row.cancel)
    assert not shown(row.go_on)
    press_button(row.cancel)
    assert np.array_equal(session.image, image)
    assert not any(map(shown, (row.cancel, row.go_on, row.go_back)))
    go_on.set()
    session.settle(WAIT_S)
    row.close()


def test_after_a_failed_encode_it_can_be_tried_again_or_one_can_go_back(
    session, image, monkeypatch
):
    row = EncodeRow(session, Html())
    with monkeypatch.context() as broken:
        broken.setattr(engine_module, "compute", lambda *_: 1 / 0)
        session.image = np.zeros((8, 8, 3), np.uint8)
    assert [shown(each) for each in (row.cancel, row.go_on, row.go_back)] == [False, True, True]
    press_button(row.go_on)
    assert session.encoded.frame.image_size == (8, 8)
    assert not any(map(shown, (row.cancel, row.go_on, row.go_back)))
    with monkeypatch.context() as broken:
        broken.setattr(engine_module, "compute", lambda *_: 1 / 0)
        session.image = image
    press_button(row.go_back)
    assert session.encoded.frame.image_size == (8, 8)
    assert not shown(row.go_back)
    row.close()


def test_a_session_that_was_closed_meanwhile_offers_no_encode(session):
    row = EncodeRow(session, Html())
    session.close()
    session.change(lambda now: replace(now, encoded=None))
    assert not shown(row.go_on)
    row.close()
