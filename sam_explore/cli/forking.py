"""Kernels that are forked from one warm process, so that they share its modules and its model.

A fork shares memory until one side writes to it, and nobody writes to weights. The kernels are
processes of their own all the same: what one tab does, no other sees.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner

from .kernel_spec import ThisPython

NAME = "sam-explore-fork"  # of the provisioner, as pyproject.toml declares it
# Elsewhere a fork is not safe once the system's own libraries are in use, or there is none.
IS_POSSIBLE = sys.platform == "linux"

_FORKS = multiprocessing.get_context("forkserver") if IS_POSSIBLE else None


class WarmPython(ThisPython):
    """Knows this Python's kernel, and starts the warm process as soon as it is made."""

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        if IS_POSSIBLE:
            _FORKS.set_forkserver_preload(["sam_explore.cli.warm"])
            forkserver.ensure_running()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel as it is, but forked where that is possible."""
        spec = super().get_kernel_spec(kernel_name)
        if IS_POSSIBLE:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        return spec


class ForkedKernel(LocalProvisioner):
    """Starts a kernel as a fork of the warm process instead of a program."""

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> dict:
        """Fork, and let the fork become the kernel that the command would have started."""
        arguments = cmd[cmd.index("-f") :]
        place = str(kwargs.get("cwd") or os.getcwd())
        fork = _FORKS.Process(target=run_kernel, args=(arguments, kwargs["env"], place))
        fork.daemon = True  # it ends with the server
        await asyncio.to_thread(fork.start)  # the first one waits until the process is warm
        self.process, self.pid, self.cwd = _Popen(fork), fork.pid, place
        self.pgid = None  # signals are for the kernel alone
        return self.connection_info


class _Popen:
    """A forked process as jupyter_client wants it, which is like a `subprocess.Popen`."""

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
        if self.poll() is None:
            os.kill(self.pid, number)


def run_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """In the fork: be a kernel until it is told to end.

    Args:
        arguments: of the kernel's program.
        environment: all variables.
        folder: where it runs.
    """
    import numpy as np
    import torch
    from ipykernel.kernelapp import IPKernelApp
    from ipywidgets import load_ipython_extension

    from .warm import THREADS

    # The warm process ends when nobody holds this open; held by a fork it would outlive the server.
    os.close(forkserver._forkserver._forkserver_alive_fd)
    os.setsid()  # Ctrl-C in the terminal is for the server
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.append("")  # last, so that nothing installed is hidden by a file next to the notebook
    sys.argv = ["ipykernel_launcher", *arguments]
    torch.set_num_threads(THREADS)
    random.seed()  # else all forks would draw the same numbers
    np.random.seed()  # noqa: NPY002
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # it ends with the warm one
    kernel = IPKernelApp.instance()
    kernel.initialize([*arguments, parent])
    load_ipython_extension(kernel.shell)  # which they do when imported, but there was no kernel yet
    kernel.start()
