"""Every probe once on a released size at 1024 x 1024, with random weights: time and peak memory.

    python tests/benchmarks/full_size_probes.py --sizes vit_b vit_l vit_h

Each size runs in a process of its own. The script fails if a reading holds infinity or nothing.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.geometry import Prompts  # noqa: E402
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig  # noqa: E402
from sam_explore.probes import PROBES  # noqa: E402
from sam_explore.readings import Reading  # noqa: E402
from sam_explore.tracing import Trace  # noqa: E402
from tests.benchmarks.measuring import forget_peak, machine, memory_now  # noqa: E402
from tests.parity.reference import build_ours, random_weights  # noqa: E402
from tests.probes.reading_arrays import arrays  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
RELEASED = ("vit_b", "vit_l", "vit_h")


def full_size_trace(config: SamConfig) -> Trace:
    """A picture of three quarters of the input, and a click: only random weights are random."""
    side = config.image_size
    image = np.random.default_rng(0).integers(0, 256, (side * 3 // 4, side, 3), dtype=np.uint8)
    sam = build_ours(config, random_weights(config))
    return Trace(sam, image, Prompts(points=[(side * 0.4, side * 0.3)]))


def check(name: str, reading: Reading) -> None:
    for array in arrays(reading):
        if np.isinf(array).any() or not np.isfinite(array).any():
            raise SystemExit(f"{name} returned infinity or nothing at all.")


def measure(name: str, work: Callable[[], object], weights: float) -> object:
    """Run the work once and print a row of the table."""
    forget_peak()
    started = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - started
    peak = memory_now("VmHWM") - weights
    print(f"| {name} | {seconds:.2f} | {peak:.0f} |", flush=True)
    return result


def run_size(config: SamConfig, only: list[str], skipped: list[str]) -> None:
    """Print the table of one size; this process does nothing else."""
    trace = full_size_trace(config)
    weights = forget_peak()
    print(f"\n| {config.name} | s | peak above the weights, MiB |\n|---|---|---|", flush=True)
    measure("the trace's own run", lambda: trace.prediction, weights)
    for probe in PROBES:
        name = probe.__name__
        if name not in skipped and (not only or name in only):
            check(name, measure(name, lambda probe=probe: probe()(trace), weights))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Every probe once at full size.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=RELEASED)
    parser.add_argument("--only", nargs="*", default=[], metavar="PROBE", help="probes by name")
    parser.add_argument("--skip", nargs="*", default=[], metavar="PROBE", help="probes by name")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--run", choices=SIZES, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    if arguments.run:
        return run_size(SIZES[arguments.run], arguments.only, arguments.skip)
    print(
        f"Every probe once with its default knobs, fp32, random weights. {machine()}. What the "
        "trace and earlier probes computed is shared, and kept up to 2 GiB; the peak includes it.",
        flush=True,
    )
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--run", size, "--threads", str(arguments.threads)]
        chosen = ["--only", *arguments.only, "--skip", *arguments.skip]
        subprocess.run([*command, *chosen], check=True)


if __name__ == "__main__":
    main()
