"""Runs what computes and draws in a single thread, so that no callback waits for the model.

What runs next is chosen in `job_queue`.
"""

import logging
import os
import threading
import weakref
from collections.abc import Callable

from .job_queue import PROMPTS, Job, JobQueue, Priority

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
        self._queue = JobQueue(changed or threading.Condition())
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

    def settle(
        self,
        timeout: float,
        also: Callable[[], bool] = lambda: True,
        enough: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Wait until no job is waiting or running. Returns False after `timeout` seconds.

        Args:
            timeout: in seconds.
            also: another condition, checked whenever `changed` is notified.
            enough: a condition that ends the wait although there are jobs, checked as `also` is.

        Raises:
            RuntimeError: called in a job, which would wait for itself.
        """
        if self.is_mine:
            raise RuntimeError(WAITS_FOR_ITSELF)
        with self._queue.hurried():
            if self.synchronous:
                self._queue.run_all()
            return self._queue.wait_for(
                lambda: enough() or (self._queue.is_idle() and also()), timeout
            )

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


def _run(queue: JobQueue) -> None:
    while True:
        try:
            if not queue.run_next(wait=True):
                return
        except BaseException:  # such as SystemExit in an observer: the thread has to continue
            _LOG.exception("A job was broken off.")


def _stop(queue: JobQueue, thread: threading.Thread | None) -> None:
    queue.close()
    if thread is not None and thread is not threading.current_thread():
        thread.join(_PATIENCE_AT_EXIT_S)
