"""Imported once by the process that kernels are forked from, to load what they need.

Nothing here may start a thread or compute in parallel, since threads do not survive a fork.
"""

import gc
import os
import sys

import torch

THREADS = torch.get_num_threads()
torch.set_num_threads(1)  # a kernel sets its own number again

import ipykernel.ipkernel  # noqa: E402
import ipykernel.kernelapp  # noqa: E402, F401

import sam_explore.course  # noqa: E402
import sam_explore.plots.drawing  # noqa: E402
import sam_explore.probes  # noqa: E402
import sam_explore.scenes  # noqa: E402
import sam_explore.widgets  # noqa: E402, F401
from sam_explore.loading import warm_up  # noqa: E402

from .app import WARM_MODEL  # noqa: E402

warm_up(os.environ.get(WARM_MODEL) or None)
gc.collect()
gc.freeze()  # a collection in a fork would write to these objects and so copy their memory


def _stamp(path: str) -> tuple[int, int] | None:
    """When a file was changed, in ns, and its bytes; None if it is gone."""
    if not os.path.exists(path):
        return None
    about = os.stat(path)
    return about.st_mtime_ns, about.st_size


_ours = (module for name, module in sys.modules.items() if name.partition(".")[0] == "sam_explore")
_read = {each.__file__: _stamp(each.__file__) for each in _ours if each.__file__}


def has_changed() -> bool:
    """Whether a file of the package is not the one that this process has read."""
    return any(_stamp(path) != before for path, before in _read.items())
