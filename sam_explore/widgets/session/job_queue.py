"""The jobs that wait for the worker, and which of them runs next: the one of the highest priority.

Prompts come before exhibits, and what is in sight before the rest. Tasks that change and show state
run in the order in which they came, in `serial_executor`.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Job = Callable[[], None]
Priority = int | Callable[[], int | None]  # None: the job waits

# Priorities; a lower number runs first.
DRAWINGS = -2  # what is drawn again, and drawing tasks that wait for a thread
FETCHES = -1  # of another picture or model
PROMPTS = 0
EXPLORERS = 1
PREVIEWS = 2  # previews of possible prompts
ENCODER_RUNS = 3
SWEEPS = 4
UNSEEN = 5  # views that are out of sight

_LOG = logging.getLogger(__name__)


class JobQueue:
    """The queue that worker and thread share. It refers to neither, so both can be collected.

    Args:
        changed: notified when a job has ended; its lock guards the queue.
    """

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
            self.wake()

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
            rank = _asked(name, priority) if callable(priority) else priority
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


def _asked(name: str, priority: Callable[[], int | None]) -> int | None:
    """What a priority returns; that of a last job if it raises, so that no job is held up."""
    try:
        return priority()
    except Exception:
        _LOG.exception("The priority of the job %r failed.", name)
        return UNSEEN


def _run_job(name: str, job: Job) -> None:
    try:
        job()
    except Exception:
        # The session's jobs report their own exceptions; anything else must not end the thread.
        _LOG.exception("The job %r failed.", name)
