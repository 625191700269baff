"""Tasks in turn: one at a time, in order, without waiting and without a lock around them."""

import threading
from functools import partial

import pytest

from sam_explore.widgets.session.serial_executor import SerialExecutor

WAIT_S = 20


class Helper:
    """Stands for the worker: remembers that it was asked, and comes when it is told to."""

    def __init__(self, there: bool = True):
        self.there, self.asked = there, 0

    def hand_over(self) -> bool:
        self.asked += 1
        return self.there


@pytest.fixture
def helper() -> Helper:
    return Helper()


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def turns(helper, errors) -> SerialExecutor:
    return SerialExecutor(threading.Condition(), helper.hand_over, errors.append)


def start(task) -> threading.Thread:
    thread = threading.Thread(target=task, daemon=True)
    thread.start()
    return thread


def test_a_task_has_run_when_run_returns(turns):
    ran = []
    turns.run(lambda: ran.append(turns.is_mine))
    assert ran == [True]
    assert turns.is_idle
    assert not turns.is_mine


def test_a_task_inside_a_task_runs_at_once(turns):
    ran = []

    def outer() -> None:
        turns.run(lambda: ran.append("inner"))
        ran.append("outer")

    turns.run(outer)
    assert ran == ["inner", "outer"]


def test_what_comes_while_another_thread_is_at_work_is_left_to_it_in_order(turns):
    at_work, go_on, ran = threading.Event(), threading.Event(), []

    def first() -> None:
        at_work.set()
        assert go_on.wait(WAIT_S)
        ran.append(("first", threading.get_ident()))

    helper_less = SerialExecutor(threading.Condition(), lambda: False, lambda error: None)
    thread = start(partial(helper_less.run, first))
    assert at_work.wait(WAIT_S)
    for name in ("second", "third"):
        helper_less.run(lambda name=name: ran.append((name, threading.get_ident())))
    assert ran == []  # nobody has waited, and nothing has run at the same time
    go_on.set()
    thread.join(WAIT_S)
    assert ran == [(name, thread.ident) for name in ("first", "second", "third")]
    assert helper_less.is_idle


def test_a_thread_that_has_run_its_own_task_hands_the_rest_over(turns, helper):
    at_work, go_on, ran = threading.Event(), threading.Event(), []

    def first() -> None:
        at_work.set()
        assert go_on.wait(WAIT_S)

    thread = start(partial(turns.run, first))
    assert at_work.wait(WAIT_S)
    turns.run(lambda: ran.append("second"))
    go_on.set()
    thread.join(WAIT_S)
    assert (helper.asked, ran) == (1, [])
    turns.run_waiting()
    assert ran == ["second"]


def test_what_a_task_raises_comes_to_who_posted_it_and_the_rest_runs(turns, errors):
    ran = []
    with pytest.raises(ZeroDivisionError):
        turns.run(lambda: 1 / 0)
    turns.run(lambda: ran.append(1))
    assert ran == [1]
    assert errors == []


def test_what_another_threads_task_raises_is_reported(turns, errors, helper):
    at_work, go_on, ran = threading.Event(), threading.Event(), []

    def first() -> None:
        at_work.set()
        assert go_on.wait(WAIT_S)

    thread = start(partial(turns.run, first))
    assert at_work.wait(WAIT_S)
    turns.run(lambda: 1 / 0)
    turns.run(lambda: ran.append(1))
    helper.there = False
    go_on.set()
    thread.join(WAIT_S)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert ran == [1]


def test_two_owners_of_turns_that_call_each_other_do_not_wait_for_each_other():
    one, other = (
        SerialExecutor(threading.Condition(), lambda: False, lambda error: None) for _ in "ab"
    )
    meet, done = threading.Barrier(2), []

    def cross(mine: SerialExecutor, theirs: SerialExecutor) -> None:
        def task() -> None:
            meet.wait(WAIT_S)  # each is at work with its own
            theirs.run(lambda: done.append(1))

        mine.run(task)

    threads = [start(partial(cross, one, other)), start(partial(cross, other, one))]
    for thread in threads:
        thread.join(WAIT_S)
    assert done == [1, 1]


def test_each_task_of_many_threads_runs_once_and_none_at_the_same_time(turns, helper):
    helper.there, inside, ran = False, [], []

    def task(name: tuple[int, int]) -> None:
        inside.append(name)
        assert inside == [name]
        ran.append(name)
        inside.clear()

    def post(thread: int) -> None:
        for number in range(200):
            turns.run(partial(task, (thread, number)))

    threads = [start(partial(post, number)) for number in range(4)]
    for thread in threads:
        thread.join(WAIT_S)
    turns.run_waiting()
    assert sorted(ran) == [(thread, number) for thread in range(4) for number in range(200)]
    for thread in range(4):  # each in its thread's order
        assert [number for who, number in ran if who == thread] == list(range(200))


def test_an_interrupt_in_a_task_leaves_nobody_waiting(turns, helper):
    at_work, go_on, ran = threading.Event(), threading.Event(), []

    def interrupted() -> None:
        at_work.set()
        assert go_on.wait(WAIT_S)
        raise KeyboardInterrupt

    def post() -> None:
        with pytest.raises(KeyboardInterrupt):
            turns.run(interrupted)

    thread = start(post)
    assert at_work.wait(WAIT_S)
    turns.run(lambda: ran.append("left to it"))
    go_on.set()
    thread.join(WAIT_S)
    assert helper.asked == 1
    turns.run(lambda: ran.append("later"))
    turns.run_waiting()
    assert ran == ["left to it", "later"]
