"""Kernels that are forked from one warm process, so that they share its modules and its model.

A fork shares memory until one side writes to it, and weights are not written to. The kernels are
still separate processes: tabs don't affect each other.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from .kernel_spec import ThisPython
from .server_settings import CAN_FORK, FORKED_KERNEL

_FORKS: Any = multiprocessing.get_context("forkserver") if CAN_FORK else None


def start_warm_process() -> None:
    """Start the process that kernels are forked from, where forks are possible."""
    if CAN_FORK:
        _FORKS.set_forkserver_preload(["sam_explore.cli.warm"])
        forkserver.ensure_running()


class WarmPython(ThisPython):
    """This Python's kernel spec; starts the warm process when it is created."""

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        start_warm_process()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel's spec, with the forking provisioner where that is possible."""
        spec = super().get_kernel_spec(kernel_name)
        if CAN_FORK:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": FORKED_KERNEL}
        return spec


class ForkedKernel(LocalProvisioner):
    """Starts a kernel as a fork of the warm process instead of a program.

    If files of the package have changed since the warm process read them, the fork becomes the
    program after all: a kernel that is restarted after an update or an edit has the new code.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork, and let the fork become the kernel that the command would have started."""
        place = str(kwargs.get("cwd") or os.getcwd())
        fork = _FORKS.Process(target=run_kernel, args=(cmd, kwargs["env"], place))
        fork.daemon = True  # it ends with the server
        await asyncio.to_thread(fork.start)  # the first one waits until the warm process is ready
        self.process = _Popen(fork)  # type: ignore[assignment]
        self.pid, self.cwd = fork.pid, place
        self.pgid = None  # signals are for the kernel alone
        return self.connection_info


class _Popen:
    """A forked process with the interface of `subprocess.Popen`, as jupyter_client needs it."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess):
        self._process = process
        self.pid = process.pid
        self.kill, self.terminate = process.kill, process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, number)


def run_kernel(command: list[str], environment: dict[str, str], folder: str) -> None:
    """In the fork: run a kernel until it is stopped.

    Args:
        command: the kernel's program and its arguments.
        environment: all variables.
        folder: its working directory.
    """
    import numpy as np
    import torch
    from ipykernel.kernelapp import IPKernelApp
    from ipywidgets import load_ipython_extension

    from .memory import limit_memory
    from .warm import THREADS, has_changed

    # The warm process ends when this is closed everywhere, so a fork must not hold it open.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    os.setsid()  # Ctrl-C in the terminal is for the server
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    limit_memory()  # which holds for the program, too
    if has_changed():
        os.environ["JPY_PARENT_PID"] = str(os.getppid())  # it ends with the warm process
        os.execv(command[0], command)
    arguments = command[command.index("-f") :]
    sys.path.append("")  # last, so that a file next to the notebook can't hide an installed package
    sys.argv = ["ipykernel_launcher", *arguments]
    torch.set_num_threads(THREADS)
    random.seed()  # otherwise all forks would draw the same numbers
    np.random.seed()  # noqa: NPY002
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # it ends with the warm process
    kernel = IPKernelApp.instance()
    kernel.initialize([*arguments, parent])
    load_ipython_extension(kernel.shell)  # they do this on import, but there was no kernel yet
    kernel.start()
