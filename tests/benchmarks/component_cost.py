"""Time and memory of each component of the released sizes, and what relative positions cost.

    python tests/benchmarks/component_cost.py --sizes vit_b vit_l vit_h --write docs/benchmarks.md

Random weights, one picture that fills the input, one click. Each size runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.geometry import Prompts  # noqa: E402
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, HookPoint, SamConfig  # noqa: E402
from sam_explore.model.attention import attend  # noqa: E402
from sam_explore.toy.exam.tables import markdown, write_between_marks  # noqa: E402
from sam_explore.tracing import Trace, component_costs, component_seconds, record  # noqa: E402
from sam_explore.tracing.cost import COMPONENTS  # noqa: E402
from sam_explore.tracing.timing import component_ends  # noqa: E402
from tests.benchmarks.measuring import forget_peak, machine, memory_now  # noqa: E402
from tests.parity.reference import build_ours, random_weights  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
RELEASED = ("vit_b", "vit_l", "vit_h")
GIVE_BACK = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
WITHOUT, WITH = "without them", "with them, as a mask"


def run(config: SamConfig) -> Trace:
    """A square picture and a click: only the weights are random."""
    side = config.image_size
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    sam = build_ours(config, random_weights(config))
    return Trace(sam, image, Prompts(points=[(side * 0.4, side * 0.3)]))


@torch.no_grad()
def peaks(trace: Trace) -> dict[str, float]:
    """MiB above the weights at the most while each component of the image encoder ran."""
    held = forget_peak()
    ends = component_ends(trace.windows)

    def peak(tensor: Tensor, hook: HookPoint) -> float:
        most = memory_now("VmHWM") - held
        forget_peak()
        return most

    with record(trace.sam, list(ends), peak) as found:
        trace.sam.encode_image(trace.pixels[None], trace.windows)
    return {
        component: max(found[name] for name, each in ends.items() if each == component)
        for component in dict.fromkeys(ends.values())
    }


@torch.no_grad()
def relative_positions(config: SamConfig, rounds: int) -> dict[str, tuple[float, float]]:
    """Seconds and MiB of a global block's fused attention, without and with relative positions."""
    tokens = config.grid**2
    q, k, v = torch.randn(3, 1, config.encoder_heads, tokens, config.head_dim).unbind()
    terms = torch.randn(2, 1, config.encoder_heads, tokens, config.grid).unbind()
    hooks = HookPoint("all", "scores"), HookPoint("all", "pattern")
    found = {}
    for name, given in ((WITHOUT, ()), (WITH, terms)):
        held, seconds = forget_peak(), []
        for _ in range(rounds):
            start = process_time()
            attend(q, k, v, *hooks, *given)
            seconds.append(process_time() - start)
        found[name] = min(seconds), memory_now("VmHWM") - held
    return found


def measure(config: SamConfig, rounds: int) -> dict[str, dict]:
    """Times of one size, or with 0 rounds its memory; this process does nothing else."""
    trace = run(config)
    if not rounds:
        return {"peaks": peaks(trace)}
    return {
        "seconds": component_seconds(trace, rounds, process_time),
        "relative": relative_positions(config, rounds),
    }


def lines(found: dict[str, dict[str, dict]]) -> list[str]:
    """The tables in markdown."""
    head, rows = ["component"], {name: [name] for name in COMPONENTS}
    for size, numbers in found.items():
        head += [f"{size}: products", "seconds", "peak, MiB"]
        costs, seconds = component_costs(SIZES[size]), numbers["seconds"]
        products = sum(each.multiply_adds for each in costs.values())
        whole = sum(seconds.values())
        for name, row in rows.items():
            row.append(f"{100 * costs[name].multiply_adds / products:.1f} %")
            took = seconds.get(name)
            row.append("" if took is None else f"{took:.3g} ({100 * took / whole:.0f} %)")
            most = numbers["peaks"].get(name)
            row.append("" if most is None else f"{most:.0f}")
    relative = [["a global block's attention, fused", "size", "seconds", "peak, MiB"]]
    for size, numbers in found.items():
        for name, (seconds, peak) in numbers["relative"].items():
            relative.append([name, size, f"{seconds:.3g}", f"{peak:.0f}"])
    return [*markdown([head, *rows.values()]), "", *markdown(relative)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time and memory of each component.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=RELEASED)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    parser.add_argument("--run", choices=SIZES, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)  # so that processor time is that of the work
    if arguments.run:
        print(json.dumps(measure(SIZES[arguments.run], arguments.rounds)))
        return
    found: dict[str, dict[str, dict]] = {}
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--run", size]
        for rounds in (arguments.rounds, 0):
            # Freed memory is given back at once where memory is read, so that it counts once.
            settings = {} if rounds else dict.fromkeys(GIVE_BACK, "65536")
            done = subprocess.run(
                [*command, "--rounds", str(rounds)],
                check=True,
                capture_output=True,
                text=True,
                env=os.environ | settings,
            )
            found.setdefault(size, {}).update(json.loads(done.stdout.splitlines()[-1]))
    said = f"Processor time, the least of {arguments.rounds} rounds, fp32. {machine(['torch'])}."
    written = [said, "", *lines(found)]
    print("\n".join(written))
    if arguments.write:
        write_between_marks(arguments.write, "component_cost", written)


if __name__ == "__main__":
    main()
