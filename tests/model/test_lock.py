"""The model's lock: one per model, reentrant, and with the information whether it is held."""

from copy import deepcopy
from threading import Event, Thread

import pytest

from sam_explore.model.lock import lock_of
from sam_explore.tracing import record

from ..patience import PATIENCE_SECONDS


def test_whether_this_thread_holds_the_lock(sam):
    assert not lock_of(sam).is_mine
    with lock_of(sam):
        with lock_of(sam):
            assert lock_of(sam).is_mine
        assert lock_of(sam).is_mine  # it is still inside the outer one
    assert not lock_of(sam).is_mine


def test_a_record_holds_it_and_an_exception_lets_it_go(sam):
    found = []

    def fail() -> None:
        found.append(lock_of(sam).is_mine)
        raise KeyError

    with pytest.raises(KeyError), record(sam, "mask_decoder.hook_tokens_in"):
        fail()
    assert found == [True]
    assert not lock_of(sam).is_mine


def test_another_thread_does_not_hold_it_and_waits(sam):
    found, entered = [], Event()

    def other() -> None:
        found.append(lock_of(sam).is_mine)
        with lock_of(sam):
            found.append(lock_of(sam).is_mine)
            entered.set()

    with lock_of(sam):
        thread = Thread(target=other)
        thread.start()
        assert not entered.wait(0.05)
    thread.join(PATIENCE_SECONDS)
    assert found == [False, True]


def test_it_can_be_taken_for_a_while_only_and_given_back_by_its_holder_alone(sam):
    lock, found = lock_of(sam), []
    with pytest.raises(RuntimeError, match="doesn't hold the model's lock"):
        lock.release()
    assert lock.acquire(timeout=1)
    thread = Thread(target=lambda: found.append(lock.acquire(timeout=0.01)))
    thread.start()
    thread.join(PATIENCE_SECONDS)
    lock.release()
    assert found == [False]
    assert not lock.is_mine


def test_each_model_has_its_own(sam):
    other = deepcopy(sam)
    assert lock_of(sam) is lock_of(sam)
    with lock_of(sam):
        assert not lock_of(other).is_mine
