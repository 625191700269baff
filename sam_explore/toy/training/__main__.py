"""Train the small model as the paper trains SAM, on drawn scenes.

    python -m sam_explore.toy.training --folder runs/toy --cache runs/scenes

The run continues at a constant learning rate until it is stopped; the averaged weights in
FOLDER/weights.safetensors are the best so far. Stop it with SIGTERM, Ctrl-C or `touch FOLDER/stop`:
it ends after the current step. With the same options it resumes as if it had not been stopped.
`--fall N` decreases the rate linearly to 0 over N more scenes, then ends.

    python -m sam_explore.toy.training --folder runs/fall --branch runs/toy/checkpoint.pt ...

does that in a separate folder, so that the long run can continue at its constant rate.
`--start WEIGHTS` begins with a file of weights and a new optimiser; give it another `--seed`, or
it sees the scenes of the first steps again. `--grow SIDE` then enlarges their pictures and grid,
and `--only-iou` trains the IoU predictor alone.

`--processes 2` splits the batches of a step between two processes: the same steps in half the time
if two cores are free. With a GPU, `--workers 14` draws scenes in 14 processes during training,
which uses those that exist so far. docs/train_on_gpu.sh does that within a given time.
"""

import argparse
import signal
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch
import torch.multiprocessing

from sam_explore.model import TOY, SamConfig

from .processes import train
from .scene_cache import fill
from .schedule import Schedule


def main(arguments: list[str] | None = None) -> None:
    """Train from the command line; see the module's docstring."""
    parser = command_line()
    options = parser.parse_args(arguments)
    options.schedule = Schedule(rate=options.rate, sides=options.sides).paced(options.pace)
    if options.only_iou and not options.start:
        parser.error("--only-iou expected --start with the weights that the IoU predictor is of.")
    if options.start and options.config is not TOY:
        parser.error("--network is for a run from nothing: with --start, sizes are the weights'.")
    if options.queries < options.targets:
        parser.error(
            f"--queries expected at least the {options.targets} of --targets, but got "
            f"{options.queries}."
        )
    if options.grow is not None:
        _check_growth(parser, options)
    if options.processes < 1 or options.batches % options.processes:
        parser.error(
            f"--processes expected a number that divides the {options.batches} batches of a step, "
            f"but got {options.processes}; change it or --batches."
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (options.folder / "stop").touch())
    drawing = [_drawing(options, rank) for rank in range(options.workers)]
    try:
        train(options)
    finally:
        for process in drawing:
            process.terminate()


def _check_growth(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if not options.start:
        parser.error("--grow expected --start with the weights whose grid is to grow.")
    if options.grow % TOY.patch_size or options.grow <= 0:
        parser.error(
            f"--grow expected a side in multiples of {TOY.patch_size} pixels, but got "
            f"{options.grow}."
        )
    last = options.sides[-1][1]
    if last < options.grow:
        parser.error(
            f"--grow {options.grow} makes no difference where --sides ends with {last} pixels; "
            f"add --sides 0:{options.grow}."
        )


def _drawing(options: argparse.Namespace, rank: int) -> BaseProcess:
    """Start a process that draws its share of the scenes into the cache, in order."""
    context = torch.multiprocessing.get_context("spawn")
    arguments = (options.cache, options.pool, rank, options.workers)
    process = context.Process(target=fill, args=arguments, daemon=True)
    process.start()
    return process


def command_line() -> argparse.ArgumentParser:
    """The parser of all options; the sizes and the schedule are in the code."""
    parser = argparse.ArgumentParser(
        prog="python -m sam_explore.toy.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--folder", type=Path, required=True, help="checkpoint, log and weights go here")
    add("--cache", type=Path, required=True, help="drawn scenes are kept here (0.26 MB each)")
    add("--pool", type=int, default=30_000, help="scenes to learn from (default 30000)")
    add("--start", type=Path, help="weights to begin with (default: random)")
    add("--network", type=_network, default=TOY, dest="config", metavar="SIDE:PATCH:WINDOW",
        help="without --start: side of the pictures and of a patch in pixels, and of a window in "
        "tokens (default: as in the model that ships)")  # fmt: skip
    add("--grow", type=int, metavar="SIDE",
        help="with --start: of the pictures in pixels; the grid grows with them")  # fmt: skip
    add("--random-positions", action="store_true",
        help="begin with random position encodings instead of sines and cosines")  # fmt: skip
    add("--only-iou", action="store_true",
        help="train the IoU predictor alone, with --start, the rest frozen")  # fmt: skip
    add("--branch", type=Path, help="a checkpoint to go on from, if the folder has none")
    add("--scenes", type=int, help="to see before the run ends (default: it is stopped)")
    add("--fall", type=int, help="scenes over which the rate falls to 0 from now on, then the end")
    add("--batches", type=int, default=2, help="whose gradients make a step (default 2)")
    add("--scenes-a-batch", type=int, default=4, help="default 4")
    add("--targets", type=int, default=8, help="masks to ask for in a scene (default 8)")
    add("--queries", type=int, default=24,
        help="places for the pretext task, those of the targets first (default 24)")  # fmt: skip
    add("--rate", type=float, default=Schedule.rate,
        help=f"learning rate (default {Schedule.rate:g})")  # fmt: skip
    shown = ",".join(f"{first}:{side}" for first, side in Schedule.sides)
    add("--sides", type=_sides, default=Schedule.sides, metavar="SCENES:SIDE,...",
        help=f"from where on pictures are how large (default {shown})")  # fmt: skip
    add("--pace", type=float, default=1.0, help="of the schedule: its lengths times this (1.0)")
    add("--average", type=float, default=0.999, help="what a step leaves of the average of weights")
    add("--seed", type=int, default=0, help="of weights, scenes and clicks (default 0)")
    add("--threads", type=int, default=1, help="CPU threads a process (default 1)")
    add("--processes", type=int, default=1, help="that train together (default 1)")
    add("--workers", type=int, default=0, help="processes that only draw, for a GPU (default 0)")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    add("--device", default=device, help=f"where to train (default {device})")
    return parser


def _network(argument: str) -> SamConfig:
    """Parse an argument such as "192:8:7"."""
    try:
        side, patch, window = map(int, argument.split(":"))
        if side % patch:
            raise ValueError(f"{side} is no multiple of {patch}")
        return replace(TOY, image_size=side, patch_size=patch, window_size=window)
    except (ValueError, ZeroDivisionError) as reason:
        raise argparse.ArgumentTypeError(
            f"expected the side of a picture in pixels, in multiples of a patch's, that of a patch "
            f"and that of a window in tokens, as in 192:8:7; but got {argument!r}: {reason}"
        ) from None


def _sides(argument: str) -> tuple[tuple[int, int], ...]:
    """Parse an argument such as "0:96,16000:192"."""
    try:
        pairs = (part.split(":") for part in argument.split(","))
        found = tuple((int(scenes), int(side)) for scenes, side in pairs)
    except ValueError:
        found = ()
    patch = TOY.patch_size
    if not found or any(side % patch for _, side in found) or found[0][0] != 0:
        raise argparse.ArgumentTypeError(
            f"expected numbers of scenes, from 0 on, each with a side in multiples of {patch}, as "
            f"in 0:96,16000:192; but got {argument!r}"
        )
    return found


if __name__ == "__main__":
    main()
