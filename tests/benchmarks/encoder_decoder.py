"""Image encoder and mask decoder beside segment_anything and transformers, in one fair run.

    python tests/benchmarks/encoder_decoder.py --help

One process and one random state dict for all; parity is checked first; the order alternates from
round to round, and what is compared are ratios within a round, so that a machine which slows down
does so for everybody. Peers run under inference_mode, ours under no_grad as the library runs it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig  # noqa: E402
from sam_explore.toy.exam.tables import write_between_marks  # noqa: E402
from tests.benchmarks.measuring import (  # noqa: E402
    forget_peak,
    gemm_speed,
    machine,
    memory_now,
    time_rounds,
)
from tests.parity.huggingface import build_transformers  # noqa: E402
from tests.parity.reference import (  # noqa: E402
    build_ours,
    build_reference,
    give_weights,
    random_weights,
    relative_error,
)

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
OURS = "sam_explore"
ENCODER_TOLERANCE, DECODER_TOLERANCE = 2e-5, 1e-5


@dataclass(frozen=True)
class Runner:
    """One implementation: a picture to image tokens, and image tokens and a point to masks."""

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor, Tensor], Tensor]


def ours(config: SamConfig, weights: dict[str, Tensor]) -> Runner:
    sam = build_ours(config, weights)

    def decode(tokens: Tensor, point: Tensor) -> Tensor:
        prompt = sam.encode_prompts((point + 0.5) / config.image_size, torch.tensor([[1]]))
        return sam.decode(tokens, prompt)[0][:, 1:]

    return Runner(torch.no_grad()(sam.encode_image), torch.no_grad()(decode))


def original(config: SamConfig, weights: dict[str, Tensor], compiled: bool = False) -> Runner:
    sam = give_weights(build_reference(config), weights)
    compile_ = torch.compile if compiled else lambda module: module
    encoder, mask_decoder = compile_(sam.image_encoder), compile_(sam.mask_decoder)

    def decode(tokens: Tensor, point: Tensor) -> Tensor:
        points = (point, torch.tensor([[1]]))
        sparse, dense = sam.prompt_encoder(points=points, boxes=None, masks=None)
        positions = sam.prompt_encoder.get_dense_pe()
        return mask_decoder(tokens, positions, sparse, dense, multimask_output=True)[0]

    return Runner(torch.inference_mode()(encoder.__call__), torch.inference_mode()(decode))


def transformers(
    config: SamConfig, weights: dict[str, Tensor], attention: str, compiled: bool = False
) -> Runner:
    model = build_transformers(config, weights, attention)
    encoder = torch.compile(model.vision_encoder) if compiled else model.vision_encoder
    whole = torch.compile(model) if compiled else model

    def decode(tokens: Tensor, point: Tensor) -> Tensor:
        points, labels = point[None], torch.tensor([[[1]]])
        answer = whole(image_embeddings=tokens, input_points=points, input_labels=labels)
        return answer.pred_masks[:, 0]

    def encode(image: Tensor) -> Tensor:
        return encoder(image).last_hidden_state

    return Runner(torch.inference_mode()(encode), torch.inference_mode()(decode))


PEERS = {
    OURS: ours,
    "segment_anything": original,
    "transformers, eager": lambda *given: transformers(*given, "eager"),
    "transformers, sdpa": lambda *given: transformers(*given, "sdpa"),
}
COMPILED = {
    "segment_anything, compiled": lambda *given: original(*given, compiled=True),
    "transformers, sdpa, compiled": lambda *given: transformers(*given, "sdpa", compiled=True),
}


def make_input(config: SamConfig) -> tuple[Tensor, Tensor]:
    """A picture as the encoder takes it, and a point in pixels of it."""
    side = config.image_size
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    return image, torch.tensor([[[0.4 * side, 0.6 * side]]])


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


def measure_memory(name: str, config: SamConfig) -> None:
    """Print the peak of one encoder run above the weights; this process does nothing else."""
    runner = (PEERS | COMPILED)[name](config, random_weights(config))
    image, _ = make_input(config)
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


def compare(arguments: argparse.Namespace, config: SamConfig) -> list[str]:
    """The whole comparison as lines of markdown."""
    makers = PEERS | (COMPILED if arguments.compile else {})
    weights = random_weights(config)
    runners = {name: make(config, weights) for name, make in makers.items()}
    image, point = make_input(config)
    gemm_before = gemm_speed()
    tokens = runners[OURS].encode(image)
    parity = check_parity(runners, image, tokens, point)
    encoder = time_rounds(
        {name: lambda run=run: run.encode(image) for name, run in runners.items()},
        arguments.rounds,
    )
    decoder = time_rounds(
        {name: lambda run=run: run.decode(tokens, point) for name, run in runners.items()},
        arguments.decoder_rounds,
    )
    lines = [
        f"{config.name} at {config.image_size} x {config.image_size}, fp32, {arguments.rounds} "
        f"rounds of the encoder and {arguments.decoder_rounds} of the decoder. {machine()}. "
        f"GEMM {gemm_before:.0f} GFLOP/s before and {gemm_speed():.0f} after.",
        "",
        *table("encoder", encoder),
        "",
        *table("decoder, one point", decoder),
        "",
        "Largest difference from segment_anything, as a fraction of its largest value:",
        "",
        *parity,
    ]
    if arguments.memory:
        lines += ["", *memory_table(list(makers), config.name, torch.get_num_threads())]
    return lines


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Encoder and decoder beside segment_anything and transformers, in one run."
    )
    parser.add_argument("--size", choices=SIZES, default="vit_b", help="the network's size")
    parser.add_argument("--rounds", type=int, default=5, help="of the encoder")
    parser.add_argument("--decoder-rounds", type=int, default=40, help="of the decoder")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for all alike")
    parser.add_argument("--compile", action="store_true", help="add peers under torch.compile")
    parser.add_argument("--memory", action="store_true", help="add peak memory (Linux only)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    parser.add_argument("--memory-of", choices=PEERS | COMPILED, help=argparse.SUPPRESS)
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
        write_between_marks(arguments.write, f"encoder_decoder {arguments.size}", lines)


if __name__ == "__main__":
    main()
