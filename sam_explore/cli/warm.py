"""Imported once by the process that kernels are forked from, to load what they need.

Nothing here may start a thread or compute in parallel, since threads do not survive a fork.
"""

import gc
import os
import sys
import time

import torch

AS_OF = time.time()  # what is read from now on is no older
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


def last_change() -> float:
    """When the newest of the files that this package was read from was changed, in Unix time."""
    ours = (name for name in sys.modules if name.partition(".")[0] == "sam_explore")
    files = [getattr(sys.modules[name], "__file__", None) or "" for name in ours]
    return max(os.path.getmtime(each) for each in files if os.path.exists(each))
