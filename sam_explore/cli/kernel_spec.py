"""The kernel spec of the Python that runs the command, whatever kernels are installed."""

import sys

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

_QUIET = "--IPKernelApp.log_level=ERROR"  # users can't act on warnings about the connection


class ThisPython(KernelSpecManager):
    """Has one kernel, under any name that a notebook may have."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Names and folders; this kernel needs no folder."""
        return {"python3": ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How to start the kernel."""
        program = [sys.executable, "-P", "-m", "sam_explore.cli.kernel"]
        argv = [*program, "-f", "{connection_file}", _QUIET]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")
