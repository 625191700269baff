"""A run that takes seconds: a small network, a few scenes, prompts from the first step on."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import torch

from sam_explore.toy.training.__main__ import command_line
from sam_explore.toy.training.augmenting import Shown
from sam_explore.toy.training.schedule import Schedule

from ...small import SMALL

# A grid of 8 tokens, since training shows a smaller side first: 6 tokens, still two windows.
EIGHT_BY_EIGHT = replace(SMALL, image_size=64, encoder_depth=2, global_blocks=(1,))
SCHEDULE = Schedule(warm_up=1, alone=0, sides=((0, 48), (8, 64)), rounds_from=0, rounds_full=0)


def options(folder: Path, cache: Path, *more: str) -> Namespace:
    """Steps of two batches of one scene, four targets each."""
    sizes = "--pool 6 --scenes-a-batch 1 --targets 4 --device cpu"
    given = command_line().parse_args(
        ["--folder", str(folder), "--cache", str(cache), *sizes.split(), *more]
    )
    given.config, given.schedule = EIGHT_BY_EIGHT, SCHEDULE
    return given


def shown(labels: torch.Tensor) -> Shown:
    """One picture without anything in it, with these labels."""
    return Shown(torch.zeros(1, 3, *labels.shape[-2:]), labels[None])
