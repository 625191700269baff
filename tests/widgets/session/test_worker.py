import gc
import subprocess
import sys
import threading
from functools import partial

import pytest

from sam_explore.widgets.session.job_queue import EXPLORERS, PROMPTS, SWEEPS
from sam_explore.widgets.session.worker import Worker

from ...patience import PATIENCE_SECONDS


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


class Gate:
    """A job that tells when it runs, and runs until it is opened."""

    def __init__(self):
        self.running, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.running.set()
        assert self.opened.wait(PATIENCE_SECONDS)


def hold(worker: Worker) -> Gate:
    gate = Gate()
    worker.submit("gate", gate)
    assert gate.running.wait(PATIENCE_SECONDS)
    return gate


def test_of_several_waiting_jobs_of_a_name_only_the_latest_runs(worker):
    gate, ran = hold(worker), []
    for number in range(300):
        worker.submit("answer", partial(ran.append, number))
    gate.opened.set()
    assert worker.settle(PATIENCE_SECONDS)
    assert ran == [299]


def test_a_replaced_job_keeps_its_place_so_that_a_flood_starves_no_other_name(worker):
    gate, ran = hold(worker), []
    worker.submit("answer", partial(ran.append, "answer, old"))
    worker.submit("render", partial(ran.append, "render"))
    worker.submit("answer", partial(ran.append, "answer, new"))
    gate.opened.set()
    assert worker.settle(PATIENCE_SECONDS)
    assert ran == ["answer, new", "render"]


def test_two_jobs_that_ask_for_themselves_again_take_turns(worker):
    ran = []

    def job(name: str) -> None:
        ran.append(name)
        if len(ran) < 20:
            worker.submit(name, partial(job, name))

    gate = hold(worker)
    worker.submit("a", partial(job, "a"))
    worker.submit("b", partial(job, "b"))
    gate.opened.set()
    assert worker.settle(PATIENCE_SECONDS)
    assert ran[:20] == ["a", "b"] * 10


def test_prompts_come_before_explorers_that_asked_first(worker):
    gate, ran = hold(worker), []
    worker.submit("explorer", partial(ran.append, "explorer"), EXPLORERS)
    worker.submit("answer", partial(ran.append, "answer"), PROMPTS)
    gate.opened.set()
    assert worker.settle(PATIENCE_SECONDS)
    assert ran == ["answer", "explorer"]


def test_a_job_that_raises_is_logged_and_the_next_one_runs(worker, caplog):
    ran = []
    worker.submit("bad", partial(int, "x"))
    worker.submit("good", partial(ran.append, 1))
    assert worker.settle(PATIENCE_SECONDS)
    assert ran == [1]
    assert "invalid literal" in caplog.text


def test_settling_tells_when_the_time_was_too_short(worker):
    gate = hold(worker)
    assert not worker.settle(0.01)
    gate.opened.set()
    assert worker.settle(PATIENCE_SECONDS)


def test_closing_ends_the_thread_and_drops_what_waits(worker):
    gate, ran = hold(worker), []
    worker.submit("waiting", partial(ran.append, 1))
    closing = threading.Thread(target=worker.close)
    closing.start()
    gate.opened.set()
    closing.join(PATIENCE_SECONDS)
    worker.submit("late", partial(ran.append, 2))
    worker.close()
    assert worker.closed
    assert not worker._thread.is_alive()
    assert ran == []


def test_a_worker_can_be_closed_by_its_own_job(worker):
    worker.submit("close", worker.close)
    worker._thread.join(PATIENCE_SECONDS)
    assert not worker._thread.is_alive()


def test_a_forgotten_worker_ends_its_thread():
    worker = Worker()
    thread = worker._thread
    del worker
    gc.collect()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_synchronous_worker_has_run_the_job_when_submit_returns():
    worker, ran = Worker(synchronous=True), []
    worker.submit("job", partial(ran.append, threading.current_thread()))
    assert ran == [threading.current_thread()]
    assert worker._thread is None


def test_a_synchronous_job_runs_to_its_end_before_the_one_it_submits():
    worker, ran = Worker(synchronous=True), []

    def outer() -> None:
        worker.submit("inner", partial(ran.append, "inner"))
        ran.append("outer")

    worker.submit("outer", outer)
    assert ran == ["outer", "inner"]


def test_the_interpreter_ends_at_once_while_a_worker_waits_and_after_a_running_job():
    code = (
        "import threading\n"
        "from sam_explore.widgets.session.worker import Worker\n"
        "idle, busy, started = Worker(), Worker(), threading.Event()\n"
        "def job():\n"
        "    started.set()\n"
        "    threading.Event().wait(0.3)\n"
        "    print('the job ended', flush=True)\n"
        "busy.submit('job', job)\n"
        "started.wait()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout == "the job ended\n"
    assert done.stderr == ""


def test_a_long_job_gives_way_to_what_goes_before_it_and_to_nothing_else():
    worker, done = Worker(synchronous=True), []

    def long() -> None:
        worker.submit("later", lambda: done.append("later"), EXPLORERS)
        worker.submit("prompt", lambda: done.append("prompt"), PROMPTS)
        worker.submit("failing", lambda: 1 / 0, PROMPTS)
        done.append("begin")
        worker.give_way(EXPLORERS)
        done.append("end")

    worker.submit("long", long, EXPLORERS)
    assert done == ["begin", "prompt", "end", "later"]
    assert worker.settle(1)
    worker.close()


def test_a_sweep_gives_way_to_explorers_and_an_explorer_to_no_sweep():
    worker, done = Worker(synchronous=True), []

    def explorer() -> None:
        worker.submit("sweep", lambda: done.append("other sweep"), SWEEPS)
        worker.give_way(EXPLORERS)
        done.append("explorer")

    def sweep() -> None:
        worker.submit("explorer", explorer, EXPLORERS)
        worker.give_way(SWEEPS)
        done.append("sweep")

    worker.submit("first sweep", sweep, SWEEPS)
    assert done == ["explorer", "sweep", "other sweep"]


def test_a_job_that_waits_for_its_worker_is_told_at_once(worker, caplog):
    worker.submit("waits", lambda: worker.settle(5))
    assert worker.settle(4)
    assert "would wait for itself" in caplog.text
