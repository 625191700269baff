"""What a row, a column and the statistics of attention cost, without the matrix and with it.

    python tests/benchmarks/attention_rows.py --help

One process, random weights, the order alternating from round to round; ratios are taken within a
round. Before anything is timed, all ways must agree.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, HookPoint, SamConfig  # noqa: E402
from sam_explore.model.attention import relative_vectors  # noqa: E402
from sam_explore.model.windows import split_windows  # noqa: E402
from sam_explore.toy.exam.tables import write_between_marks  # noqa: E402
from sam_explore.tracing import (  # noqa: E402
    Trace,
    attention_column,
    attention_row,
    attention_statistics,
)
from tests.benchmarks.measuring import gemm_speed, machine, time_rounds  # noqa: E402
from tests.parity.reference import build_ours, random_weights  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
Token = tuple[int, int]


def whole_trace(config: SamConfig) -> Trace:
    """A trace of a random picture that holds the input of every block."""
    side = config.image_size
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    trace = Trace(build_ours(config, random_weights(config)), image)
    trace.encoded  # noqa: B018  runs the encoder
    return trace


def place_of(trace: Trace, block: int, token: Token) -> tuple[int, int]:
    """The token's window and its place in there, as hook points count them."""
    grid, side = trace.sam.config.grid, trace.sam.config.side(trace.windows[block])
    (down, row), (right, column) = (divmod(place, side) for place in token)
    return down * -(-grid // side) + right, row * side + column


@torch.no_grad()
def naive_row(trace: Trace, block: int, token: Token) -> Tensor:
    """The row by way of every key of the token's window: weights (head, key)."""
    module = trace.sam.image_encoder.vit.blocks[block]
    attention, side = module.attention, trace.sam.config.side(trace.windows[block])
    window, query = place_of(trace, block, token)
    normed = module.norm1(trace[f"image_encoder.vit.blocks.{block}.hook_residual_pre"])
    tokens = split_windows(normed, side)[window].flatten(0, 1)
    dim = tokens.shape[-1]
    weight, bias = attention.qkv.weight, attention.qkv.bias
    keys = F.linear(tokens, weight[dim : 2 * dim], bias[dim : 2 * dim])
    keys = keys.unflatten(-1, (attention.heads, -1)).transpose(0, 1)
    q = F.linear(tokens[query], weight[:dim], bias[:dim]).unflatten(-1, (attention.heads, -1))
    scores = torch.einsum("hd,hkd->hk", q * q.shape[-1] ** -0.5, keys)
    row, column = divmod(query, side)
    row_terms = q @ relative_vectors(attention.relative_rows, side)[row].T
    column_terms = q @ relative_vectors(attention.relative_columns, side)[column].T
    return (scores + (row_terms[:, :, None] + column_terms[:, None, :]).flatten(1)).softmax(-1)


def row_of_run(trace: Trace, blocks: str, token: Token) -> dict[str, Tensor]:
    """The row out of the whole pattern of one block or, for "*", of all: weights (head, key)."""

    def pick(pattern: Tensor, hook: HookPoint) -> Tensor:
        window, query = place_of(trace, int(hook.name.split(".")[3]), token)
        return pattern[window, :, query].clone()

    return trace.read(f"image_encoder.vit.blocks.{blocks}.attention.hook_pattern", pick)


def afresh(trace: Trace, block: int) -> Trace:
    """The same run, of which nothing is known of this block but its input."""
    # What is kept of a block is kept by its edits, even by one that comes after the attention.
    return trace.with_edit(
        f"image_encoder.vit.blocks.{block}.mlp.hook_out", lambda tensor, _hook: tensor
    )


def disagreement(trace: Trace, block: int, token: Token) -> tuple[float, float, float]:
    """The greatest differences from the pattern: of the row, the naive row and the column."""
    window, place = place_of(trace, block, token)

    def pick(pattern: Tensor, _hook: HookPoint) -> tuple[Tensor, Tensor]:
        return pattern[window, :, place].clone(), pattern[window, :, :, place].clone()

    name = f"image_encoder.vit.blocks.{block}.attention.hook_pattern"
    row, column = trace.read(name, pick)[name]
    grid, side = trace.sam.config.grid, trace.sam.config.side(trace.windows[block])

    def on_grid(values: Tensor) -> Tensor:
        """Values of a window in the order in which they lie on the grid, without padding."""
        rows, columns = (min(side, grid - at // side * side) for at in token)
        return values.unflatten(-1, (side, side))[:, :rows, :columns].flatten(1)

    def known(placed: Tensor) -> Tensor:
        return placed[placed.isfinite()].unflatten(0, (len(placed), -1))

    return (
        float((known(attention_row(trace, block, token).weights) - on_grid(row)).abs().max()),
        float((naive_row(trace, block, token) - row).abs().max()),
        float((known(attention_column(trace, block, token)) - on_grid(column)).abs().max()),
    )


def contestants(trace: Trace, token: Token) -> dict[str, dict[str, Callable[[], object]]]:
    """For each question the ways to answer it, the one to be compared with first."""
    config = trace.sam.config
    blocks = range(config.encoder_depth)
    windowed = next(block for block in blocks if block not in config.global_blocks)
    found: dict[str, dict[str, Callable[[], object]]] = {}
    for kind, block in (("global", config.global_blocks[0]), ("windowed", windowed)):
        found[f"a row of a {kind} block"] = {
            "attention_row": lambda block=block: attention_row(trace, block, token),
            "attention_row, the first": lambda block=block: attention_row(
                afresh(trace, block), block, token
            ),
            "naive row": lambda block=block: naive_row(trace, block, token),
            "the block's pattern": lambda block=block: row_of_run(trace, str(block), token),
        }
        found[f"a column of a {kind} block"] = {
            "attention_column": lambda block=block: attention_column(trace, block, token),
            "attention_column, the first": lambda block=block: attention_column(
                afresh(trace, block), block, token
            ),
        }
        found[f"statistics of a {kind} block"] = {
            "attention_statistics": lambda block=block: attention_statistics(
                afresh(trace, block), block
            ),
        }
    found[f"a row of all {len(blocks)} blocks"] = {
        "attention_row": lambda: [attention_row(trace, block, token) for block in blocks],
        "attention_row, the first": lambda: [
            attention_row(afresh(trace, block), block, token) for block in blocks
        ],
        "naive row": lambda: [naive_row(trace, block, token) for block in blocks],
        "the blocks' patterns": lambda: row_of_run(trace, "*", token),
    }
    return found


def table(question: str, seconds: dict[str, list[float]]) -> list[str]:
    """Rows of a markdown table; each way against the question's first one."""
    first = next(iter(seconds.values()))
    lines = []
    for name, times in seconds.items():
        share = median(map(lambda one, other: one / other, times, first))
        cells = f"{1e3 * median(times):.1f} | {1e3 * min(times):.1f} | {share:.1f}"
        lines.append(f"| {question} | {name} | {cells} |")
        question = ""
    return lines


def compare(arguments: argparse.Namespace, config: SamConfig) -> list[str]:
    """The whole report as lines of markdown."""
    trace = whole_trace(config)
    token = config.grid // 2, config.grid // 3
    worst = np.max(
        [disagreement(trace, block, token) for block in range(config.encoder_depth)], axis=0
    )
    if worst.max() > 1e-5:
        raise SystemExit(f"Row, naive row and column are {worst} off the pattern: not comparable.")
    questions = contestants(trace, token)
    work = {
        f"{question}: {name}": run
        for question, ways in questions.items()
        for name, run in ways.items()
    }
    gemm_before = gemm_speed()
    time_rounds(work, 1)  # to warm up
    seconds = time_rounds(work, arguments.rounds)
    lines = [
        f"{config.name} at {config.image_size} x {config.image_size}, fp32, {arguments.rounds} "
        f"rounds. {machine(('torch',))}. GEMM {gemm_before:.0f} GFLOP/s before and "
        f"{gemm_speed():.0f} after.",
        "",
        f"Greatest differences from the pattern over all blocks: {worst[0]:.1e} of a row, "
        f"{worst[1]:.1e} of a naive row, {worst[2]:.1e} of a column.",
        "",
        "| what | how | median, ms | fastest, ms | times the first way, median |",
        "|---|---|---|---|---|",
    ]
    for question, ways in questions.items():
        lines += table(question, {name: seconds[f"{question}: {name}"] for name in ways})
    return lines


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Attention without its matrix, and with it.")
    parser.add_argument("--size", choices=SIZES, default="vit_b", help="the network's size")
    parser.add_argument("--rounds", type=int, default=15, help="of every way")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for all alike")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    lines = compare(arguments, SIZES[arguments.size])
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, f"attention_rows {arguments.size}", lines)


if __name__ == "__main__":
    main()
