"""Imported once by the process that the app's kernels are forked from, to load what they need.

Nothing here may start a thread or compute in parallel, since threads do not survive a fork.
"""

import gc
import os

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
