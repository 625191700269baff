"""Image encoder and mask decoder next to segment_anything and transformers, in one fair run.

    python tests/benchmarks/encoder_decoder.py --help

One process and one random state dict for all; parity is checked first; the order alternates from
round to round, and what is compared are ratios within a round, so that a machine which slows down
does so for everybody. Peers run under inference_mode, ours under no_grad as the library runs it.
Who they are stands in contestants.py.
"""

import argparse
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import sam_explore as sx  # noqa: E402
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig  # noqa: E402
from sam_explore.model.kernels.products import linear  # noqa: E402
from sam_explore.toy.exam.tables import write_between_marks  # noqa: E402
from tests.benchmarks.contestants import (  # noqa: E402
    APPROXIMATE,
    COMPILED,
    EXACT,
    OURS,
    Runner,
    encoder_flops,
    grid_points,
    make_input,
)
from tests.benchmarks.measuring import (  # noqa: E402
    common_arguments,
    forget_peak,
    gemm_speed,
    machine,
    memory_now,
    time_rounds,
)
from tests.parity.reference import build_ours, random_weights, relative_error  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
ALL = EXACT | COMPILED | APPROXIMATE
ENCODER_TOLERANCE, DECODER_TOLERANCE = 2e-5, 1e-5
BATCHES = (1, 2, 4, 16, 64)  # prompt sets at once; 64 is what the original's mask generator takes
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}


def check_parity(
    runners: dict[str, Runner], image: Tensor, tokens: Tensor, point: Tensor
) -> list[str]:
    """Stop unless all compute the same; this is the warm-up too. Lines to print."""
    lines = []
    expected = runners["segment_anything"].encode(image)
    masks = runners["segment_anything"].decode(tokens, point)
    for name, runner in runners.items():
        started = time.perf_counter()
        encoder_error = relative_error(runner.encode(image), expected)
        decoder_error = relative_error(runner.decode(tokens, point), masks)
        seconds = time.perf_counter() - started
        if encoder_error > ENCODER_TOLERANCE or decoder_error > DECODER_TOLERANCE:
            raise SystemExit(
                f"{name} does not compute what segment_anything computes (embedding "
                f"{encoder_error:.1e}, logits {decoder_error:.1e}): its time would mean nothing."
            )
        note = f", first call {seconds:.0f} s with compiling" if name in COMPILED else ""
        lines.append(f"- {name}: embedding {encoder_error:.1e}, logits {decoder_error:.1e}{note}")
    return lines


def table(title: str, seconds: dict[str, list[float]]) -> list[str]:
    """A markdown table: times, and in each round how many times longer than ours."""
    unit, scale = ("s", 1) if median(seconds[OURS]) >= 1 else ("ms", 1000)
    lines = [
        f"| {title} | median, {unit} | fastest, {unit} | times ours, median | times ours, least |",
        "|---|---|---|---|---|",
    ]
    for name, times in seconds.items():
        ratios = [theirs / mine for theirs, mine in zip(times, seconds[OURS], strict=True)]
        cells = (median(times) * scale, min(times) * scale, median(ratios), min(ratios))
        lines.append(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return lines


def grid_table(
    runners: dict[str, Runner], tokens: Tensor, points: Tensor, rounds: int
) -> list[str]:
    """Points a second of each contestant at its best batch size."""
    work = {
        (name, batch): partial(_decode_all, runner, tokens, points, batch)
        for name, runner in runners.items()
        for batch in BATCHES
        if batch <= len(points)
    }
    seconds = time_rounds(work, rounds)
    best: dict[str, int] = {}
    for name, batch in work:
        known = best.setdefault(name, batch)
        if median(seconds[name, batch]) < median(seconds[name, known]):
            best[name] = batch
    mine = seconds[OURS, best[OURS]]
    lines = [
        f"| {len(points)} points of a 32 x 32 grid | best batch | points a second, median "
        "| times ours, median | times ours, least |",
        "|---|---|---|---|---|",
    ]
    for name, batch in best.items():
        times = seconds[name, batch]
        ratios = [theirs / our for theirs, our in zip(times, mine, strict=True)]
        speed = len(points) / median(times)
        lines.append(
            f"| {name} | {batch} | {speed:.1f} | {median(ratios):.2f} | {min(ratios):.2f} |"
        )
    return lines


def _decode_all(runner: Runner, tokens: Tensor, points: Tensor, batch: int) -> None:
    for some in points.split(batch):
        runner.decode(tokens, some)


def predict_table(
    config: SamConfig, weights: dict, peers: dict[str, Runner], tokens: Tensor, point: Tensor,
    rounds: int,
) -> list[str]:  # fmt: skip
    """One point as people call it: `sx.predict` from a ready picture, next to the peers' calls."""
    sam, side = build_ours(config, weights), config.image_size
    encoded = sx.encode(sam, np.zeros((side, side, 3), np.uint8))
    prompts = sx.Prompts(points=[tuple(point[0, 0].tolist())])
    work = {
        OURS: partial(sx.predict, sam, encoded, prompts),
        f"{OURS}, the caller in inference_mode": torch.inference_mode()(
            partial(sx.predict, sam, encoded, prompts)
        ),
        **{name: partial(peer.decode, tokens, point) for name, peer in peers.items()},
    }
    return table("one point, through `sx.predict`", time_rounds(work, rounds))


def approximate_table(config: SamConfig, weights: dict, image: Tensor, rounds: int) -> list[str]:
    """Image encoders in lower precision next to ours in fp32, with how far off they are."""
    makers = {OURS: EXACT[OURS]} | APPROXIMATE
    runners = {name: make(config, weights) for name, make in makers.items()}
    expected = runners[OURS].encode(image)
    errors = {name: relative_error(run.encode(image), expected) for name, run in runners.items()}
    work = {name: partial(runner.encode, image) for name, runner in runners.items()}
    lines = table("encoder, approximate", time_rounds(work, rounds))
    lines += [
        "",
        "Largest difference from sam_explore in fp32, as a fraction of its largest value:",
    ]
    return [*lines, "", *(f"- {name}: embedding {error:.1e}" for name, error in errors.items())]


def measure_memory(name: str, config: SamConfig) -> None:
    """Print the peak of one encoder run above the weights; this process does nothing else."""
    runner = ALL[name](config, random_weights(config))
    image = make_input(config)
    before = forget_peak()
    runner.encode(image)
    print(f"{memory_now('VmHWM') - before:.0f}")


def memory_table(names: list[str], size: str, threads: int) -> list[str]:
    lines = ["| encoder, in a process of its own | peak above the weights, MiB |", "|---|---|"]
    for name in names:
        command = [sys.executable, __file__, "--size", size, "--threads", str(threads)]
        done = subprocess.run(
            [*command, "--memory-of", name], check=True, capture_output=True, text=True
        )
        lines.append(f"| {name} | {done.stdout.strip()} |")
    return lines


def best_gemm() -> float:
    """The faster of the two products that this library has."""
    return max(gemm_speed(), gemm_speed(linear))


def compare(arguments: argparse.Namespace, config: SamConfig) -> list[str]:
    """The whole comparison as lines of markdown."""
    makers = EXACT | (COMPILED if arguments.compile else {})
    weights = random_weights(config)
    runners = {name: make(config, weights) for name, make in makers.items()}
    image, points = make_input(config), grid_points(config, arguments.grid_points)
    tokens = runners[OURS].encode(image)
    parity = check_parity(runners, image, tokens, points[:1])
    gemm = best_gemm()
    encoder = time_rounds(
        {name: partial(run.encode, image) for name, run in runners.items()}, arguments.rounds
    )
    gemm = max(gemm, best_gemm())
    decoder = time_rounds(
        {name: partial(run.decode, tokens, points[:1]) for name, run in runners.items()},
        arguments.decoder_rounds,
    )
    speed = encoder_flops(config) / median(encoder[OURS]) / 1e9
    lines = [
        f"{config.name} at {config.image_size} x {config.image_size}, fp32, {arguments.rounds} "
        f"rounds of the encoder and {arguments.decoder_rounds} of the decoder. {machine()}.",
        "",
        *table("encoder", encoder),
        "",
        f"The best matrix product gave {gemm:.0f} GFLOP/s in this run; the encoder of {OURS}, with "
        f"{encoder_flops(config) / 1e9:.0f} GFLOP in products, {speed:.0f}: "
        f"{100 * speed / gemm:.0f} % of it.",
        "",
        *table("decoder, one point", decoder),
        "",
        *predict_table(
            config,
            weights,
            {name: runner for name, runner in runners.items() if name != OURS},
            tokens,
            points[:1],
            arguments.decoder_rounds,
        ),
        "",
        *grid_table(runners, tokens, points, arguments.grid_rounds),
        "",
        "Largest difference from segment_anything, as a fraction of its largest value:",
        "",
        *parity,
    ]
    del runners
    if arguments.approximate:
        lines += ["", *approximate_table(config, weights, image, arguments.rounds)]
    if arguments.memory:
        lines += ["", *memory_table(list(makers), config.name, torch.get_num_threads())]
    return lines


def with_tuned_malloc() -> list[str]:
    """What the same command prints when glibc keeps the memory that it was given."""
    done = subprocess.run(
        [sys.executable, *sys.argv, "--one-allocator"],
        env=os.environ | TUNED,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.splitlines()


def parse_arguments() -> argparse.Namespace:
    parser = common_arguments(
        "Encoder and decoder next to segment_anything and transformers, in one run.",
        SIZES,
        rounds=5,
    )
    parser.add_argument("--decoder-rounds", type=int, default=40, help="of one point")
    parser.add_argument("--grid-rounds", type=int, default=3, help="of the grid of points")
    parser.add_argument("--grid-points", type=int, default=64, help="how many of its 1024")
    parser.add_argument("--compile", action="store_true", help="add peers under torch.compile")
    parser.add_argument("--approximate", action="store_true", help="add peers in bf16")
    parser.add_argument("--both-allocators", action="store_true", help="again with malloc tuned")
    parser.add_argument("--one-allocator", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory-of", choices=ALL, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    config = SIZES[arguments.size]
    torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        return measure_memory(arguments.memory_of, config)
    lines = compare(arguments, config)
    if arguments.both_allocators and not arguments.one_allocator:
        lines += ["", *with_tuned_malloc()]
    print("\n".join(lines))
    if arguments.write and not arguments.one_allocator:
        write_between_marks(arguments.write, f"encoder_decoder {arguments.size}", lines)


if __name__ == "__main__":
    main()
