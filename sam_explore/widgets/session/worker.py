"""Runs what computes and draws in a single thread, and chooses what runs next by its priority.

So no callback waits for the model: prompts come before exhibits, what is in sight before the rest.
"""

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Job = Callable[[], None]
Priority = int | Callable[[], int | None]  # None: the job waits

# Priorities; a lower number runs first.
DRAWINGS = -2  # drawing tasks that wait for a thread
FETCHES = -1  # of another picture or model
PROMPTS = 0
EXPLORERS = 1
PREVIEWS = 2  # previews of possible prompts
ENCODER_RUNS = 3
SWEEPS = 4
UNSEEN = 5  # views that are out of sight

WAITS_FOR_ITSELF = (
    "settle() was called by what the session runs just now, such as an observer, and would wait "
    "for itself. Call it outside of observers and callbacks."
)

SYNCHRONOUS = "SAM_EXPLORE_SYNCHRONOUS"  # 1 in an environment in which a document is built

_LOG = logging.getLogger(__name__)
_PATIENCE_AT_EXIT_S = 10.0


def is_document_built() -> bool:
    """Whether this process builds a document: then every worker is synchronous."""
    return os.environ.get(SYNCHRONOUS) == "1"


class Worker:
    """Runs jobs one after another, keeping only the latest of each name.

    A job means "bring this up to the latest state", so a waiting job may be replaced by a newer one
    of the same name. The newer one takes its place in the queue, so many jobs of one name don't
    delay others. Jobs with a lower priority number run first, and within a priority those submitted
    first. A priority may be a function, which is called each time that a job is chosen: while it
    returns None, its job waits, until `settle` wants all to be done.

    Args:
        synchronous: run each job at once, in the thread that submits it. For tests and for building
            documents, where there is no user.
        changed: notified when a job has ended; its lock guards the queue.
    """

    def __init__(self, *, synchronous: bool = False, changed: threading.Condition | None = None):
        self.synchronous = synchronous
        self._queue = _Queue(changed or threading.Condition())
        self._thread = None
        if not synchronous:
            self._thread = threading.Thread(
                target=_run, args=(self._queue,), name="sam-explore worker", daemon=True
            )
            self._thread.start()
        # Also runs when the interpreter exits: a daemon thread killed inside torch can crash it.
        self._finalizer = weakref.finalize(self, _stop, self._queue, self._thread)

    def submit(self, name: str, job: Job, priority: Priority = PROMPTS) -> None:
        """Run `job` soon, instead of a waiting one of the same name. Dropped after `close`."""
        self._queue.put(name, job, priority)
        if self.synchronous:
            self._queue.run_all()

    def reconsider(self) -> None:
        """Call the priorities again, since what they depend on has changed."""
        self._queue.wake()
        if self.synchronous:
            self._queue.run_all()

    def give_way(self, priority: int) -> None:
        """In a long job of this priority: run waiting jobs of higher priority, then return."""
        self._queue.run_before(priority)

    @property
    def is_mine(self) -> bool:
        """Whether this thread is running a job."""
        return self._queue.running is threading.current_thread()

    def settle(self, timeout: float, also: Callable[[], bool] = lambda: True) -> bool:
        """Wait until no job is waiting or running. Returns False after `timeout` seconds.

        Args:
            timeout: in seconds.
            also: another condition, checked whenever `changed` is notified.

        Raises:
            RuntimeError: called in a job, which would wait for itself.
        """
        if self.is_mine:
            raise RuntimeError(WAITS_FOR_ITSELF)
        with self._queue.hurried():
            if self.synchronous:
                self._queue.run_all()
            return self._queue.wait_for(lambda: self._queue.is_idle() and also(), timeout)

    def close(self, wait: bool = True) -> None:
        """Drop waiting jobs, let the running job end, and end the thread. May be called twice.

        A long job should check `closed` now and then, and end early.

        Args:
            wait: until the thread has ended, ten seconds at most.
        """
        if wait:
            self._finalizer()
        elif self._finalizer.detach():
            self._queue.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return not self._finalizer.alive


class _Queue:
    """The queue that worker and thread share. It refers to neither, so both can be collected."""

    def __init__(self, changed: threading.Condition):
        self._changed = changed
        self._waiting: dict[str, tuple[Priority, int, Job]] = {}
        self._count = 0
        self._hurries = 0  # the number of threads that wait until everything is done
        self.running: threading.Thread | None = None
        self._open = True

    def put(self, name: str, job: Job, priority: Priority) -> None:
        with self._changed:
            if not self._open:
                return
            self._count += 1
            place = self._waiting[name][1] if name in self._waiting else self._count
            self._waiting[name] = (priority, place, job)
            self._changed.notify_all()

    def run_next(self, *, wait: bool) -> bool:
        """Run one job; False if there is none (or, waiting, if there never will be)."""
        with self._changed:
            while wait and self._open and self._next() is None:
                self._changed.wait()
            chosen = self._next()
            if self.running is not None or chosen is None:
                return False
            name = chosen[2]
            job = self._waiting.pop(name)[2]
            self.running = threading.current_thread()
        try:
            _run_job(name, job)
        finally:
            with self._changed:
                self.running = None
                self._changed.notify_all()
        return True

    def run_before(self, priority: int) -> None:
        while True:
            with self._changed:
                chosen = self._next()
                if chosen is None or chosen[0] >= priority:
                    return
                name = chosen[2]
                job = self._waiting.pop(name)[2]
            _run_job(name, job)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """A context in which no job waits because of its priority."""
        with self._changed:
            self._hurries += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._hurries -= 1

    def run_all(self) -> None:
        # If a job submits another one, the call that runs the first also runs the new one.
        while self.run_next(wait=False):
            pass

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(predicate, timeout)

    def is_idle(self) -> bool:
        return not self._waiting and self.running is None

    def _next(self) -> tuple[int, int, str] | None:
        """The priority, position and name of the next job; None if none is to run now."""
        ranked = []
        for name, (priority, place, _) in self._waiting.items():
            rank = priority() if callable(priority) else priority
            if rank is None and self._hurries:
                rank = UNSEEN
            if rank is not None:
                ranked.append((rank, place, name))
        return min(ranked, default=None)

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._waiting.clear()
            self._changed.notify_all()


def _run_job(name: str, job: Job) -> None:
    try:
        job()
    except Exception:
        # The session's jobs report their own exceptions; anything else must not end the thread.
        _LOG.exception("The job %r failed.", name)


def _run(queue: _Queue) -> None:
    while True:
        try:
            if not queue.run_next(wait=True):
                return
        except BaseException:  # such as SystemExit in an observer: the thread has to continue
            _LOG.exception("A job was broken off.")


def _stop(queue: _Queue, thread: threading.Thread | None) -> None:
    queue.close()
    if thread is not None and thread is not threading.current_thread():
        thread.join(_PATIENCE_AT_EXIT_S)
