"""Runs tasks of any threads one at a time in their order, without making a thread wait.

They change and show state; what computes waits in `job_queue`, by priority.
"""

import threading
from collections import deque
from collections.abc import Callable

Task = Callable[[], None]


class SerialExecutor:
    """Runs tasks one after another, in the order in which they came.

    A thread that posts a task runs it itself, unless another thread is running tasks: then that
    thread runs it, and the poster continues. So data shared by tasks needs no lock, no lock is held
    while a task runs, and no thread waits for another. A task posted by a task runs at once, inside
    it.

    Args:
        changed: notified when the last task has ended; its lock guards only the queue.
        hand_over: called by a thread that has run its own task while tasks of other threads wait.
            It lets another thread call `run_waiting`; it returns False if there is none.
        on_error: called with the exception of a task that another thread posted.
    """

    def __init__(
        self,
        changed: threading.Condition,
        hand_over: Callable[[], bool],
        on_error: Callable[[Exception], None],
    ):
        self._changed, self._hand_over, self._on_error = changed, hand_over, on_error
        self._waiting: deque[_Posted] = deque()
        self._runner: int | None = None

    @property
    def is_mine(self) -> bool:
        """Whether this thread is running a task."""
        return self._runner == threading.get_ident()

    @property
    def is_idle(self) -> bool:
        """Whether no task is waiting or running."""
        return self._runner is None and not self._waiting

    def run(self, task: Task) -> None:
        """Run a task in its turn: now, or soon in the thread that is running tasks.

        Raises:
            Exception: what the task raises, if it runs in this thread.
        """
        if self.is_mine:
            task()
            return
        mine = _Posted(task)
        with self._changed:
            self._waiting.append(mine)
        self._work(until=mine)
        if mine.error is not None:
            raise mine.error

    def run_waiting(self) -> None:
        """Run all waiting tasks, unless another thread is running tasks."""
        self._work(until=None)

    def _work(self, until: "_Posted | None") -> None:
        try:
            while posted := self._take():
                self._run(posted, until)
                if until is not None and until.done and not self.is_idle and self._hand_over():
                    return
        except BaseException:  # such as Ctrl+C: another thread has to continue
            self._hand_over()
            raise

    def _run(self, posted: "_Posted", mine: "_Posted | None") -> None:
        try:
            posted.task()
        except Exception as error:
            if posted is mine:
                posted.error = error
            else:
                self._on_error(error)
        finally:
            posted.done = True
            self._release()

    def _take(self) -> "_Posted | None":
        """The next task, for this thread; None if there is none or another thread runs tasks."""
        with self._changed:
            if self._runner is not None or not self._waiting:
                return None
            self._runner = threading.get_ident()
            return self._waiting.popleft()

    def _release(self) -> None:
        with self._changed:
            self._runner = None
            self._changed.notify_all()


class _Posted:
    """A waiting task, whether it has run, and its exception."""

    def __init__(self, task: Task):
        self.task, self.done = task, False
        self.error: Exception | None = None
