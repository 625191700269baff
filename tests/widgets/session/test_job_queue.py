"""Which of the waiting jobs runs next."""

import threading

import pytest

from sam_explore.widgets.session.job_queue import EXPLORERS, PROMPTS, SWEEPS, JobQueue


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def queue(ran) -> JobQueue:
    queue = JobQueue(threading.Condition())
    waiting = {"sweep": SWEEPS, "view": EXPLORERS, "click": PROMPTS, "view 2": EXPLORERS}
    for name, priority in waiting.items():
        queue.put(name, lambda name=name: ran.append(name), priority)
    return queue


def test_the_lowest_number_runs_next_and_of_equal_ones_the_first(queue, ran):
    queue.run_all()
    assert ran == ["click", "view", "view 2", "sweep"]
    assert queue.is_idle()


def test_a_newer_job_of_a_name_takes_the_place_of_the_older(queue, ran):
    queue.put("view", lambda: ran.append("newer view"), EXPLORERS)
    queue.run_all()
    assert ran == ["click", "newer view", "view 2", "sweep"]


def test_before_a_priority_only_higher_ones_run(queue, ran):
    queue.run_before(EXPLORERS)
    assert ran == ["click"]


def test_a_job_without_a_priority_waits_until_all_is_wanted(queue, ran):
    queue.put("unseen", lambda: ran.append("unseen"), lambda: None)
    queue.run_all()
    assert "unseen" not in ran
    with queue.hurried():
        queue.run_all()
    assert ran[-1] == "unseen"


def test_a_priority_that_raises_holds_up_no_job_and_its_own_runs_last(queue, ran, caplog):
    queue.put("broken", lambda: ran.append("broken"), lambda: 1 // 0)
    queue.run_all()
    assert ran == ["click", "view", "view 2", "sweep", "broken"]
    assert "The priority of the job 'broken' failed." in caplog.text
