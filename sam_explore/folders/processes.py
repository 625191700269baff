"""Processes of this machine as workers: one that dies is replaced.

On Linux one process loads the model, and workers are its forks, which share the model's memory.
Elsewhere, and on a GPU, which a fork can't use, each worker is a new interpreter. Either way none
of them runs the main program's own script again, and each computes with one thread.
"""

import os
import pickle
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from io import BufferedIOBase
from queue import Queue
from threading import Lock, Thread
from typing import Any, Protocol, cast, runtime_checkable

import cloudpickle

from .job import Job

_MOST_DEATHS = 3  # of workers at one part
_COMMAND = (sys.executable, "-m", "sam_explore.folders.worker")
_GONE = (EOFError, OSError, pickle.UnpicklingError)
Event = tuple[str, Any]


@runtime_checkable
class Starter(Protocol):
    """Starts workers."""

    def start(self) -> "Worker":
        """A new worker. Raises OSError if none can be started."""

    def end(self) -> None:
        """Start none any more."""


def run_in_processes(
    job: Job, items: Sequence[dict[str, bytes]], workers: int, bound: int
) -> Iterator[Event]:
    """Have the parts written, and say what happens.

    Yields ("rows", by how many there are more, or less where a worker died) and ("done", report).

    Args:
        job: the question.
        items: the parts, as `PartWriter` takes them.
        workers: how many processes.
        bound: the bytes that a worker may hold. One that holds more after a part is replaced.

    Raises:
        RuntimeError: workers died at one part again and again, or one could not start.
    """
    waiting, events = deque(items), Queue[Event]()
    starter = starter_for(job)
    slots = [_Slot(starter, waiting, events, bound) for _ in range(min(workers, len(items)))]
    threads = [Thread(target=each.run, daemon=True) for each in slots]
    for thread in threads:
        thread.start()
    try:
        for _ in slots:
            while (event := events.get())[0] != "end":
                if event[0] == "error":
                    raise event[1]
                yield event
    finally:
        waiting.clear()
        for slot in slots:
            slot.stop()
        for thread in threads:
            thread.join()
        starter.end()


def starter_for(job: Job) -> Starter:
    """What starts workers here."""
    forks = sys.platform == "linux" and job.device == "cpu"
    return ForkingStarter(job) if forks else PlainStarter(job)


class ForkingStarter:
    """A process that loads the model once, and forks each worker."""

    def __init__(self, job: Job):
        self._job, self._guard = cloudpickle.dumps(job), Lock()
        self._begin()

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _interpreter(str(theirs.fileno()), pass_fds=(theirs.fileno(),))
        with suppress(OSError):
            _input_of(self._process).write(self._job)
            _input_of(self._process).flush()

    def start(self) -> "Worker":
        with self._guard:
            for _ in range(_MOST_DEATHS):
                ours, theirs = socket.socketpair()
                with theirs:
                    try:
                        socket.send_fds(self._control, [b"."], [theirs.fileno()])
                    except OSError:
                        ours.close()
                    else:
                        return Worker(
                            ours.makefile("wb"), ours.makefile("rb"), partial(_shut, ours)
                        )
                self._refuse_what_was_said()
                self.end()
                self._begin()
        raise RuntimeError(f"The process that loads the model died {_MOST_DEATHS} times.")

    def _refuse_what_was_said(self) -> None:
        """Raise RuntimeError with the reason why the process has ended, if it gave one."""
        with suppress(*_GONE):
            _, reason = pickle.load(_output_of(self._process))
            raise RuntimeError(f"No worker could be started:\n{reason}")

    def end(self) -> None:
        self._control.close()
        _kill(self._process)


class PlainStarter:
    """Each worker is an interpreter of its own."""

    def __init__(self, job: Job):
        self._job = cloudpickle.dumps(job)

    def start(self) -> "Worker":
        process = _interpreter()
        worker = Worker(_input_of(process), _output_of(process), partial(_kill, process))
        with suppress(OSError):
            worker.send(self._job)
        return worker

    def end(self) -> None:
        pass


class Worker:
    """The main process's end of the connection to a worker.

    Args:
        given, said: what is sent to it and what it sends.
        stop: ends the connection, so that whoever waits for `said` is told.
    """

    def __init__(self, given: BufferedIOBase, said: BufferedIOBase, stop: Callable[[], None]):
        self._input, self._output, self._stop = given, said, stop

    def send(self, content: bytes) -> None:
        """Raises OSError if the worker has died."""
        self._input.write(content)
        self._input.flush()

    def report(self) -> dict[str, Any] | None:
        """The report of a part, or None for one more row of it.

        Raises:
            EOFError, OSError, UnpicklingError: the worker has died.
            RuntimeError: it could not go on.
        """
        kind, value = pickle.load(self._output)
        if kind == "failed":
            raise RuntimeError(f"A worker could not go on:\n{value}")
        return value if kind == "done" else None

    def end(self) -> None:
        """End the worker. A part that it is writing gets no name."""
        self._stop()
        for stream in (self._input, self._output):
            with suppress(OSError):
                stream.close()


class _Slot:
    """The place of one worker: a thread of this process that gives it parts and takes reports."""

    def __init__(
        self,
        starter: Starter,
        waiting: deque[dict[str, bytes]],
        events: Queue[Event],
        bound: int,
    ):
        self._starter, self._waiting, self._events, self._bound = starter, waiting, events, bound
        self._worker: Worker | None = None
        self._is_stopped, self._guard = False, Lock()

    def run(self) -> None:
        """Have parts written until none is waiting."""
        try:
            while not self._is_stopped and self._waiting:
                with suppress(IndexError):  # another slot may have taken the last one
                    self._write(self._waiting.popleft())
        except Exception as error:
            self._events.put(("error", error))
        finally:
            self._end_worker()
            self._events.put(("end", None))

    def stop(self) -> None:
        """End the worker at once; a part that is being written is not kept."""
        self._is_stopped = True
        self._end_worker()

    def _write(self, item: dict[str, bytes]) -> None:
        """Give a part to the worker, and again to a new one if it dies."""
        rows = 0
        for _ in range(_MOST_DEATHS):
            self._events.put(("rows", -rows))
            rows = 0
            worker = self._started()
            if worker is None:
                return
            with suppress(*_GONE):
                worker.send(pickle.dumps(item))
                while (report := worker.report()) is None:
                    rows += 1
                    self._events.put(("rows", 1))
                self._events.put(("rows", report["pictures"] - rows))
                self._events.put(("done", report))
                if report["memory"] > self._bound:
                    self._end_worker()
                return
            self._end_worker()
        names = [each.name for each in pickle.loads(item["part"]).pictures]
        raise RuntimeError(
            f"{_MOST_DEATHS} workers died one after the other, the last at the picture "
            f"{names[min(rows, len(names) - 1)]}. Most often the memory has run out: take fewer "
            "workers, or a smaller most_pixels. Finished parts are kept, and the same call goes on "
            "after them."
        )

    def _started(self) -> Worker | None:
        """The worker, started if there is none; None once the slot is stopped."""
        with self._guard:
            if self._worker is None and not self._is_stopped:
                self._worker = self._starter.start()
            return self._worker

    def _end_worker(self) -> None:
        with self._guard:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


def _interpreter(*arguments: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """A new interpreter with one thread, which imports from the same places as this one."""
    settings = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*_COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | settings,
        pass_fds=pass_fds,
    )


def _input_of(process: subprocess.Popen[bytes]) -> BufferedIOBase:
    return cast(BufferedIOBase, process.stdin)


def _output_of(process: subprocess.Popen[bytes]) -> BufferedIOBase:
    return cast(BufferedIOBase, process.stdout)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (_input_of(process), _output_of(process)):
        with suppress(OSError):
            stream.close()


def _shut(connection: socket.socket) -> None:
    """End a connection to a fork, which ends itself when it sees that."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
