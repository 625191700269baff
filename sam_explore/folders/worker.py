"""A process that works for `processes`: `python -m sam_explore.folders.worker`.

It gets the pickled job and then parts on its standard input, and sends what it has done on its
standard output; what a library prints goes to standard error. With the number of a socket it loads
the model and then forks a worker for each connection that it is sent, so that all share the model's
memory and start at once.
"""

import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from queue import Queue
from threading import Thread
from typing import IO, Any

from .parts import PartWriter


def main(arguments: list[str]) -> None:
    """Answer parts on standard input and output, or be the parent of those who do."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends this one
    try:
        write = PartWriter(pickle.load(sys.stdin.buffer))
    except Exception:
        _say(output, "failed", traceback.format_exc())
        return
    if arguments:
        fork_workers(socket.socket(fileno=int(arguments[0])), write)
    else:
        serve(sys.stdin.buffer, output, write)


def fork_workers(control: socket.socket, write: PartWriter) -> None:
    """Fork a worker for each connection that comes in, until the main process is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a worker ended
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            if os.fork() == 0:
                control.close()
                serve(connection.makefile("rb"), connection.makefile("wb"), write)


def serve(incoming: IO[bytes], output: IO[bytes], write: PartWriter) -> None:
    """Answer parts until nobody listens any more; the process ends here.

    That is noticed at once, and the picture that is being computed is given up.
    """
    waiting: Queue[Any] = Queue()
    Thread(target=_read, args=(incoming, waiting.put), daemon=True).start()
    try:
        while True:
            report = write(waiting.get(), lambda: _say(output, "row", None))
            _say(output, "done", report)
    except BrokenPipeError:
        os._exit(0)
    except Exception:
        _say(output, "failed", traceback.format_exc())
    os._exit(1)


def _read(stream: IO[bytes], put: Callable[[Any], None]) -> None:
    try:
        while True:
            put(pickle.load(stream))
    except (EOFError, OSError):
        os._exit(0)


def _say(output: IO[bytes], kind: str, value: Any) -> None:
    pickle.dump((kind, value), output)
    output.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
