"""What looking inside costs: hook points, norms of every block, block inputs, a full trace.

    python tests/benchmarks/tracing_cost.py --help

Times are of the image encoder alone, from picture to image tokens, one process, the order
alternating from round to round; shares are taken within a round. Peak memory is measured in a
process for each.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, HookPoint, Sam, SamConfig  # noqa: E402
from sam_explore.prediction import encode  # noqa: E402
from sam_explore.preprocessing import Preprocessing  # noqa: E402
from sam_explore.toy.exam.tables import write_between_marks  # noqa: E402
from sam_explore.tracing import Trace, norm, record  # noqa: E402
from tests.benchmarks.measuring import (  # noqa: E402
    common_arguments,
    forget_peak,
    gemm_speed,
    machine,
    memory_now,
    time_rounds,
)
from tests.parity.huggingface import build_transformers  # noqa: E402
from tests.parity.reference import build_ours, random_weights  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
BLOCKS = "image_encoder.vit.blocks.*"
PLAIN, EXPLICIT = "plain encode", "plain encode, explicit attention"
CALLS = 100_000  # of a hook point, in a row


def picture(config: SamConfig) -> np.ndarray:
    side = config.image_size
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


def forget(*_: object) -> None:
    """A reduction that keeps nothing; asking for scores makes attention explicit all the same."""


def contestants(sam: Sam) -> dict[str, Callable[[], object]]:
    """Ways to encode one picture, with more and more of it looked at."""
    image = picture(sam.config)

    def encoded(names: str | None = None, reduce: Callable | None = None) -> object:
        with record(sam, names, reduce) if names else nullcontext() as kept:
            encode(sam, image)
        return kept

    return {
        PLAIN: encoded,
        "norms of every block": lambda: encoded(f"{BLOCKS}.hook_residual_post", norm),
        "block inputs kept": lambda: encoded(f"{BLOCKS}.hook_residual_pre"),
        EXPLICIT: lambda: encoded(f"{BLOCKS}.attention.hook_scores", forget),
        "a trace, which keeps block inputs": lambda: Trace(sam, image).encoded,
    }


def time_table(seconds: dict[str, list[float]]) -> list[str]:
    """A markdown table: each against the plain encode, and against the explicit one."""
    lines = [
        "| image encoder | median, s | fastest, s | more than plain, median | more than explicit, "
        "median |",
        "|---|---|---|---|---|",
    ]
    for name, times in seconds.items():
        shares = [
            f"{100 * (median(map(lambda a, b: a / b, times, seconds[base])) - 1):+.1f} %"
            for base in (PLAIN, EXPLICIT)
        ]
        cells = [f"{median(times):.3f}", f"{min(times):.3f}", *shares]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def hook_point_seconds() -> float:
    """Seconds of one hook point with nothing attached, the loop around it taken off."""
    hook, tensor = HookPoint("channel", "nothing"), torch.zeros(1)

    def loop(call: Callable[[torch.Tensor], object]) -> float:
        started = time.perf_counter()
        for _ in range(CALLS):
            call(tensor)
        return time.perf_counter() - started

    rounds = [loop(hook) - loop(id) for _ in range(7)]
    return median(rounds) / CALLS


def hook_point_lines(sam: Sam, encoder_seconds: float) -> list[str]:
    """The cost of all hook points of the encoder that a plain run passes."""
    with record(sam, "image_encoder.**", forget) as passed:
        encode(sam, picture(sam.config))
    # A plain run is fused: it forms neither scores nor patterns.
    count = sum(not name.endswith(("hook_scores", "hook_pattern")) for name in passed)
    each = hook_point_seconds()
    share = each * count / encoder_seconds
    return [
        f"A hook point with nothing attached: {1e6 * each:.2f} µs. The image encoder passes "
        f"{count} of them, together {1e3 * each * count:.2f} ms: {100 * share:.4f} % of a plain "
        "encode."
    ]


def hold_trace(config: SamConfig) -> Callable[[], object]:
    sam = build_ours(config, random_weights(config))
    trace = Trace(sam, picture(config))
    return lambda: trace.prediction


def hold_trace_with_patterns(config: SamConfig) -> Callable[[], object]:
    """Every attention pattern is seen, one block after the other; a mean of each is kept."""
    sam = build_ours(config, random_weights(config))
    trace = Trace(sam, picture(config))

    def run() -> object:
        patterns = f"{BLOCKS}.attention.hook_pattern"
        return trace.prediction, trace.read(patterns, lambda tensor, _hook: tensor.mean())

    return run


def hold_plain(config: SamConfig) -> Callable[[], object]:
    sam = build_ours(config, random_weights(config))
    return lambda: encode(sam, picture(config))


def hold_transformers(config: SamConfig, output_attentions: bool = True) -> Callable[[], object]:
    model = build_transformers(config, random_weights(config), "eager")
    pixels = Preprocessing()(picture(config), config)[0][None]

    @torch.inference_mode()
    def run() -> object:
        answer = model.vision_encoder(pixels, output_attentions=output_attentions)
        if output_attentions and len(answer.attentions) != config.encoder_depth:
            raise SystemExit("transformers did not return its attention: nothing to compare.")
        return answer

    return run


MEMORY = {
    "sam_explore, plain encode": hold_plain,
    "sam_explore, a full trace": hold_trace,
    "sam_explore, a full trace that sees every attention pattern": hold_trace_with_patterns,
    "transformers, eager": lambda config: hold_transformers(config, output_attentions=False),
    "transformers, eager, output_attentions=True": hold_transformers,
}


def measure_memory(name: str, config: SamConfig) -> None:
    """Print peak and what stays, above the weights; this process does nothing else."""
    run = MEMORY[name](config)
    before = forget_peak()
    kept = run()
    print(f"{memory_now('VmHWM') - before:.0f} | {memory_now('VmRSS') - before:.0f}")
    del kept


def memory_table(size: str, threads: int) -> list[str]:
    lines = [
        "| in a process of its own | peak above the weights, MiB | held after it, MiB |",
        "|---|---|---|",
    ]
    for name in MEMORY:
        command = [sys.executable, __file__, "--size", size, "--threads", str(threads)]
        done = subprocess.run(
            [*command, "--memory-of", name], check=True, stdout=subprocess.PIPE, text=True
        )
        lines.append(f"| {name} | {done.stdout.strip()} |")
    return lines


def compare(arguments: argparse.Namespace, config: SamConfig) -> list[str]:
    """The whole report as lines of markdown."""
    sam = build_ours(config, random_weights(config))
    work = contestants(sam)
    gemm_before = gemm_speed()
    time_rounds(work, 1)  # to warm up
    seconds = time_rounds(work, arguments.rounds)
    lines = [
        f"{config.name} at {config.image_size} x {config.image_size}, fp32, {arguments.rounds} "
        f"rounds. {machine()}. GEMM {gemm_before:.0f} GFLOP/s before and {gemm_speed():.0f} after.",
        "",
        *hook_point_lines(sam, median(seconds[PLAIN])),
        "",
        *time_table(seconds),
    ]
    if arguments.memory:
        lines += ["", *memory_table(config.name, torch.get_num_threads())]
    return lines


def parse_arguments() -> argparse.Namespace:
    parser = common_arguments("What looking inside the model costs.", SIZES, rounds=7)
    parser.add_argument("--memory-of", choices=MEMORY, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    config = SIZES[arguments.size]
    torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        return measure_memory(arguments.memory_of, config)
    lines = compare(arguments, config)
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, f"tracing_cost {arguments.size}", lines)


if __name__ == "__main__":
    main()
