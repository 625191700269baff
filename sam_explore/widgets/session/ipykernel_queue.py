"""Makes ipykernel keep every message until the page's server has taken it."""

import sys
from typing import Any


def keep_all_messages() -> None:
    """Let the kernel's queue to the page grow as long as it has to.

    Its socket holds 1000 messages and, while the server is slower than the kernel, throws away the
    rest without a word: the page then lacks widgets or shows an old state. A page of exhibits makes
    that many at once. Other kernels than ipykernel, and no kernel, need no change.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    thread = getattr(getattr(shell, "kernel", None), "iopub_thread", None)
    if thread is not None:
        # The socket belongs to that thread.
        thread.schedule(lambda: _take_off_limit(thread.socket))


def _take_off_limit(socket: Any) -> None:
    if socket is not None:  # as it is once the kernel ends
        socket.sndhwm = 0  # of libzmq: no limit
