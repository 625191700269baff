"""Training in one process, or in several that share their gradients."""

import argparse
import logging
import signal
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing

from .run import Training


def train(options: argparse.Namespace) -> None:
    """Train in one process or several, depending on the options."""
    if options.processes == 1:
        _train_alone(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting_place = f"file://{folder}/meeting"
        start = torch.multiprocessing.spawn  # type: ignore[attr-defined]
        start(_join, (options, meeting_place), options.processes)


def _join(rank: int, options: argparse.Namespace, meeting_place: str) -> None:
    """Run one of the processes that share a training run."""
    # The first process handles the interrupt, and stops the others with a file.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    dist.init_process_group(
        "gloo", init_method=meeting_place, rank=rank, world_size=options.processes
    )
    _train_alone(options)
    dist.destroy_process_group()


def _train_alone(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    Training(options).run()
