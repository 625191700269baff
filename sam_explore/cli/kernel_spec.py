"""Kernels of the very Python that runs the command, whatever kernels are installed elsewhere."""

import sys

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

_QUIET = "--IPKernelApp.log_level=ERROR"  # nobody can act on warnings about the way it is reached


class ThisPython(KernelSpecManager):
    """Knows one kernel, and gives it by any name that a notebook may carry."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Names and folders; ours needs no folder."""
        return {"python3": ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How to start the kernel."""
        program = [sys.executable, "-P", "-m", "sam_explore.cli.kernel"]
        argv = [*program, "-f", "{connection_file}", _QUIET]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")
