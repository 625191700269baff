"""Pictures a second of run_folder, next to plain loops of ours and of transformers.

    python tests/benchmarks/folders.py --help

All answer the same: the masks of a click in the middle of each picture, and the best one at the
picture's size. Pictures are read from JPEG files. One random state dict for all; the order
alternates from round to round, and ratios are those within a round. The loops use both threads, as
torch does by itself; a worker of run_folder has one.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import sam_explore as sx  # noqa: E402
from sam_explore.folders import planned_run  # noqa: E402
from sam_explore.folders.processes import run_in_processes  # noqa: E402
from sam_explore.images import as_picture  # noqa: E402
from sam_explore.model import TOY, VIT_B, SamConfig  # noqa: E402
from sam_explore.prediction import upscale  # noqa: E402
from sam_explore.preprocessing import Preprocessing  # noqa: E402
from sam_explore.toy.exam.tables import markdown, write_between_marks  # noqa: E402
from tests.benchmarks.contestants import EXACT, Runner  # noqa: E402
from tests.benchmarks.measuring import gemm_speed, machine, time_rounds  # noqa: E402
from tests.parity.reference import random_weights  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B)}
LOOPS = {
    "plain loop of sam_explore": "sam_explore",
    "plain loop of transformers, sdpa": "transformers, sdpa",
}


def save_pictures(folder: Path, count: int, width: int, height: int) -> list[Path]:
    """Photograph-like JPEG files: smooth colours with some noise."""
    chance = np.random.default_rng(0)
    paths = []
    for number in range(count):
        coarse = chance.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC))
        noisy = np.clip(smooth + chance.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number:05d}.jpg")
        Image.fromarray(noisy).save(paths[-1], quality=90)
    return paths


def loop(runner: Runner, config: SamConfig, paths: list[Path]) -> None:
    """What a script does: read, encode, decode, and bring the best mask to the picture's size."""
    how = Preprocessing()
    for path in paths:
        pixels, frame = how(as_picture(path), config)
        tokens = runner.encode(pixels[None])
        height, width = frame.input_size
        point = torch.tensor([[[width / 2, height / 2]]])
        masks = runner.decode(tokens, point)[0]
        assert (upscale(masks, frame)[0] > 0).shape == frame.image_size


class Timed:
    """run_folder, with the seconds between its first and its last row."""

    def __init__(self, weights: Path, folder: Path):
        self.weights, self.folder = weights, folder
        self.times: list[float] = []
        planned_run._RUNNERS["processes"] = self._watched
        self.steady: dict[int, list[float]] = {}

    def _watched(self, *given: Any) -> Iterator[tuple[str, Any]]:
        for kind, value in run_in_processes(*given):
            if kind == "rows" and value > 0:
                self.times += value * [time.perf_counter()]
            yield kind, value

    def run(self, workers: int) -> None:
        self.times.clear()
        with tempfile.TemporaryDirectory() as to:
            sx.run_folder(
                "masks",
                self.folder,
                to,
                prompts="centre",
                weights=self.weights,
                workers=workers,
                part_size=4,
                progress=False,
            )
        # From when each worker has had its first picture, so that starting is left out.
        rows = self.times[workers - 1 :]
        self.steady.setdefault(workers, []).append((len(rows) - 1) / (rows[-1] - rows[0]))


def compare(arguments: argparse.Namespace, config: SamConfig, folder: Path) -> list[str]:
    """The whole comparison as lines of markdown."""
    weights = random_weights(config)
    save_file(weights, folder / "weights.safetensors")
    pictures = folder / "pictures"
    pictures.mkdir()
    paths = save_pictures(pictures, arguments.pictures, *arguments.pixels)
    timed = Timed(folder / "weights.safetensors", pictures)
    work: dict[str, Callable[[], object]] = {
        name: partial(loop, EXACT[maker](config, weights), config, paths)
        for name, maker in LOOPS.items()
    }
    for each in work.values():
        each()  # the first run of a process is slower
    for workers in arguments.workers:
        work[f"run_folder, {workers} worker{'s' * (workers > 1)}"] = partial(timed.run, workers)
    busy, gemm = os.getloadavg()[0], gemm_speed()
    seconds = time_rounds(work, arguments.rounds)
    return [
        f"{config.name} at {config.image_size} x {config.image_size}, random weights, "
        f"{len(paths)} JPEG files of {arguments.pixels[0]} x {arguments.pixels[1]}, "
        f"{arguments.rounds} rounds. {machine()}. Load average before the start {busy:.1f} on "
        f"{os.cpu_count()} cores; the product of a linear layer gave {gemm:.0f} GFLOP/s before and "
        f"{gemm_speed():.0f} after.",
        "",
        *table(seconds, timed.steady, len(paths)),
        *two_workers(timed.steady),
    ]


def table(seconds: dict[str, list[float]], steady: dict[int, list[float]], count: int) -> list[str]:
    """Pictures a second, with and without the time to start."""
    rows = [["", "pictures a second, median", "best", "once started, median", "best"]]
    for name, times in seconds.items():
        rates = [count / each for each in times]
        workers = int(name.split()[1]) if name.startswith("run_folder") else 0
        going = steady.get(workers, rates)
        figures = (median(rates), max(rates), median(going), max(going))
        rows.append([name, *(f"{figure:.2f}" for figure in figures)])
    return markdown(rows)


def two_workers(steady: dict[int, list[float]]) -> list[str]:
    if not {1, 2} <= set(steady):
        return []
    ratios = [two / one for two, one in zip(steady[2], steady[1], strict=True)]
    met = "met" if median(ratios) >= 1.8 else "missed"
    listed = ", ".join(f"{each:.2f}" for each in ratios)
    return [
        "",
        f"Two workers are {median(ratios):.2f} times as fast as one in the median of the rounds "
        f"({listed}), once started; goal 1.8: {met}.",
    ]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="toy", help="the network's size")
    parser.add_argument("--pictures", type=int, default=64, help="default 64")
    parser.add_argument("--pixels", type=int, nargs=2, default=(640, 480), metavar=("W", "H"))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="default 1 2")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        lines = compare(arguments, SIZES[arguments.size], Path(folder))
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, f"folders {arguments.size}", lines)


if __name__ == "__main__":
    main()
