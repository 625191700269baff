"""Shared by the probes of windows: other windows for some blocks, and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sam_explore.model import SamConfig
from sam_explore.model.config import RELATIVE_POSITIONS, attended
from sam_explore.model.windows import padded_grid

from .probe import knob

KINDS = ("windowed", "global", "both")


def _has_no_single_block(probe: "ChosenBlocks") -> bool:
    return probe.block < 0


@dataclass(frozen=True)
class ChosenBlocks:
    """The knobs that choose the blocks to give other windows to.

    Args:
        stage: a stage of the image encoder, −1 for all of them.
        kind: which blocks of the stage: those trained with windows, globally, or both.
        block: a single block, which overrides stage and kind; −1 for none.
    """

    stage: int = knob(
        -1,
        "stage",
        low=-1,
        high=lambda run: len(run.config.stages) - 1,
        names=((-1, "all"),),
        matters=True,
        when=_has_no_single_block,
    )
    kind: str = knob("windowed", "blocks trained as", choices=KINDS, when=_has_no_single_block)
    block: int = knob(
        -1,
        "a single block instead",
        low=-1,
        high=lambda run: run.config.encoder_depth - 1,
        names=((-1, "none"),),
    )

    def blocks(self, config: SamConfig) -> tuple[int, ...]:
        """The chosen blocks, ascending."""
        if self.block >= 0:
            return (self.block,)
        blocks = range(config.encoder_depth) if self.stage < 0 else config.stages[self.stage]
        if self.kind == "both":
            return tuple(blocks)
        is_global = self.kind == "global"
        return tuple(each for each in blocks if (config.windows[each] == 0) == is_global)


def tables_knob() -> Any:
    """A field that chooses how tables of relative positions are adapted to another size."""
    return knob("interpolate", "tables of relative positions", choices=RELATIVE_POSITIONS)


def with_window(windows: Sequence[int], blocks: Sequence[int], window: int) -> tuple[int, ...]:
    """The windows of all blocks, with `window` in these blocks."""
    return tuple(window if block in blocks else each for block, each in enumerate(windows))


def arithmetic(config: SamConfig, windows: Sequence[int], grid: tuple[int, int]) -> int:
    """Multiply-adds of all blocks in these windows, as the code here and the reference run them.

    In each window: the products with the weights of q, k, v and the output, scores and weighted
    values, and the products with relative positions. The MLP does not depend on windows.
    """
    dim, total = config.encoder_dim, 0
    for window in windows:
        rows, columns = attended(window, grid)
        tokens = prod(padded_grid(window, grid))
        total += tokens * dim * (4 * dim + 2 * rows * columns + rows + columns)
        total += prod(grid) * 2 * dim * config.encoder_mlp_dim
    return total


def blocks_in_words(blocks: Sequence[int]) -> str:
    """Such as "block 3", "blocks 0, 1 and 3", "blocks 0 to 6 and 8" or "no block"."""
    if len(blocks) < 2:
        return f"block {blocks[0]}" if blocks else "no block"
    *first, last = _runs(blocks)
    return f"blocks {', '.join(first)} and {last}" if first else f"blocks {last}"


def _runs(blocks: Sequence[int]) -> list[str]:
    """Ascending numbers, three or more in a row as "0 to 6"."""
    runs: list[list[int]] = []
    for block in blocks:
        if runs and block == runs[-1][-1] + 1:
            runs[-1].append(block)
        else:
            runs.append([block])
    return [
        part
        for run in runs
        for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))
    ]


def window_in_words(window: int) -> str:
    """Such as "windows of 8 × 8 tokens" or "global attention"."""
    return f"windows of {window} × {window} tokens" if window else "global attention"


def others_in_words(
    config: SamConfig, windows: Sequence[int], blocks: Sequence[int], grid: tuple[int, int]
) -> str:
    """A sentence on blocks other than these whose windows are not the trained ones, or ""."""
    others = tuple(
        block
        for block, window in enumerate(windows)
        if block not in blocks and attended(window, grid) != attended(config.windows[block], grid)
    )
    if not others:
        return ""
    has = "has" if len(others) == 1 else "have"
    return f" Apart from them, {blocks_in_words(others)} {has} other windows than the trained ones."
