"""The owner of the state: threads' steps are applied one after another, and none is lost."""

import threading

import pytest

from sam_explore.widgets.session.owner import Owner

from ...patience import PATIENCE_SECONDS


class Count(int):
    """Stands for a snapshot; each is an object of its own."""


def test_a_step_gives_what_was_and_what_is():
    owner = Owner(Count(1))
    change = owner.change(lambda now: Count(now + 1))
    assert (change.old, change.new, owner.now) == (1, 2, 2)


def test_a_step_that_raises_changes_nothing():
    first = Count(1)
    owner = Owner(first)
    with pytest.raises(ZeroDivisionError):
        owner.change(lambda now: 1 / 0)
    assert owner.now is first


def test_a_step_that_was_overtaken_is_made_again_from_the_newer_state():
    owner, seen = Owner(Count(0)), []

    def step(now: Count) -> Count:
        seen.append(int(now))
        if len(seen) == 1:
            owner.change(lambda now: Count(now + 10))  # no lock is held, so this is possible
        return Count(now + 1)

    owner.change(step)
    assert seen == [0, 10]
    assert owner.now == 11


def test_steps_of_many_threads_are_all_made():
    owner = Owner(Count(0))

    def count() -> None:
        for _ in range(500):
            owner.change(lambda now: Count(now + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert owner.now == 2000
