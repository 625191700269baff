"""The worker's part of a session, with a state that anybody can step: encode, answer, fail."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.preprocessing import Preprocessing
from sam_explore.tracing import Trace
from sam_explore.widgets.session.job_queue import PROMPTS
from sam_explore.widgets.session.owner import Owner
from sam_explore.widgets.session.prediction_runner import PredictionRunner
from sam_explore.widgets.session.snapshot import first_snapshot
from sam_explore.widgets.session.source import source_of
from sam_explore.widgets.session.worker import Worker

A = np.full((64, 64, 3), 10, np.uint8)


class State:
    """A session's state without its traits, and what it was told to be busy with."""

    def __init__(self, sam):
        self._owner = Owner(first_snapshot(source_of(sam, A, Preprocessing())))
        self.busy = []
        self.worker = Worker(synchronous=True)
        self.runner = PredictionRunner(lambda: self.now, self.change, self.worker)

    @property
    def now(self):
        return self._owner.now

    def change(self, step) -> None:
        change = self._owner.change(step)
        if change.new.busy != change.old.busy:
            self.busy.append(change.new.busy)

    def click(self, x: float) -> None:
        self.change(lambda now: now.with_prompts(now.prompts.with_point((x, 1.0))))


@pytest.fixture
def state(sam, answers):
    state = State(sam)
    yield state
    state.worker.close()


def test_without_prompts_it_encodes_and_asks_nothing(state, answers, steps):
    state.runner.answer()
    assert state.now.encoded is not None
    assert (state.now.busy, state.now.prediction) == ("", None)
    assert answers.asked == []
    done = len(steps)
    state.runner.answer()
    assert len(steps) == done


def test_it_tells_each_step_of_an_encode(state):
    state.runner.answer()
    *told, last = state.busy
    assert last == ""
    assert all(words.startswith("Encoding the picture: ") for words in told)
    assert "block 2 of 2" in told[-2] or "block 2 of 2" in told[-1]
    assert not any("Image encoder" in words for words in told)


def test_it_answers_the_prompts_of_now(state, answers):
    state.click(5.0)
    state.runner.answer()
    assert state.now.prediction.prompts is state.now.prompts
    state.click(9.0)
    state.runner.answer()
    assert [len(prompts.points) for prompts in answers.asked] == [1, 2]


def test_prompts_that_are_dropped_while_it_answers_get_no_answer(state, monkeypatch, answers):
    state.runner.answer()
    state.click(5.0)

    def clear(trace):
        state.change(lambda now: now.with_prompts(Prompts()))
        return answers.predict(trace)

    monkeypatch.setattr(Trace, "prediction", property(clear))
    state.runner.answer()
    assert state.now.prediction is None


def test_a_failure_is_told_in_words_and_the_next_prompts_are_answered(state, answers, caplog):
    state.runner.answer()
    state.click(5.0)
    answers.fail_next = RuntimeError("lost")
    state.runner.answer()
    assert state.now.error == "RuntimeError: lost"
    assert state.now.prediction is None
    state.click(6.0)
    assert state.now.error == ""
    state.runner.answer()
    assert state.now.prediction is not None
    caplog.clear()


def test_a_failure_of_older_prompts_is_not_told(state, answers, monkeypatch, caplog):
    state.runner.answer()
    state.click(5.0)

    def fail(trace):
        state.click(6.0)
        raise RuntimeError("lost")

    monkeypatch.setattr(Trace, "prediction", property(fail))
    state.runner.answer()
    assert state.now.error == ""
    caplog.clear()


def test_another_picture_ends_the_encode_at_its_next_step(state, steps):
    other = np.full((64, 64, 3), 20, np.uint8)
    seen = []

    def change(step):
        state.change(step)
        if "block 1" in state.now.busy and not seen:
            seen.append(len(steps))
            state.change(lambda now: now.with_trait("image", other))

    runner = PredictionRunner(lambda: state.now, change, state.worker)
    runner.answer()
    assert seen
    assert state.now.encoded is None
    assert np.array_equal(state.now.image, other)
    assert len(steps) <= seen[0] + 1
    runner.answer()
    assert state.now.encoded.frame.image_size == (64, 64)


def test_what_waits_for_the_worker_with_more_haste_runs_between_two_steps(state, steps):
    order = []

    def change(step):
        state.change(step)
        if "block 1" in state.now.busy and not order:
            order.append("put")
            worker._queue.put("fetch", lambda: order.append(len(steps)), PROMPTS - 1)

    worker = state.worker
    PredictionRunner(lambda: state.now, change, worker).answer()
    assert order[0] == "put"
    assert order[1] < len(steps)
