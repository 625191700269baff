"""What windows keep from a token, and what they save.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from math import prod
from typing import Any

from sam_explore.model.windows import padded_grid
from sam_explore.number_text import text
from sam_explore.probes.common.attention import token_in_words
from sam_explore.probes.common.logits import mask_overlaps, percent
from sam_explore.probes.windows.token_reach import ROUNDING, changes_by_depth
from sam_explore.tracing import Trace

from .fact import Fact, mask_of

NEVER = "never"


def seen_in_a_window(now: Any) -> Fact:
    """How many of the tokens lie in the picked token's window, in the first block with windows.

    Returns a `Fact` with a percentage of the grid's tokens; 100 if no block has windows.
    """
    run = now.trace
    windowed = [block for block, window in enumerate(run.windows) if window]
    if not windowed:
        return Fact(100.0, "In this run no block has windows: each token sees all others.")
    block, grid = windowed[0], run.frame.grid
    sides = run.attended(block)
    lines = [
        min(length, (at // side + 1) * side) - at // side * side
        for at, side, length in zip(now.token, sides, grid, strict=True)
    ]
    seen, tokens = prod(lines), prod(grid)
    return Fact(
        100 * seen / tokens,
        f"In block {block} the token at {token_in_words(now.token)} sees the {seen} tokens of its "
        f"own window, of {tokens}: {percent(seen / tokens)}.",
    )


def reaches_everywhere(now: Any) -> Fact:
    """After which block every token has changed if the picked one is replaced by the mean.

    Returns a `Fact` with the number of the block, or "never".
    """
    changes = changes_by_depth(now.trace, now.token)
    shares = {name: float((each > ROUNDING).mean()) for name, each in changes.items()}
    there = [name for name, share in shares.items() if share == 1]
    first, last = shares["0"], shares[list(shares)[-1]]
    begun = f"After block 0, {percent(first)} of the tokens have changed."
    if not there:
        return Fact(NEVER, f"{begun} After the last block it is {percent(last)}, and never all.")
    block = int(there[0]) if there[0].isdigit() else 0
    kind = "windows" if now.trace.windows[block] else "global attention"
    return Fact(block, f"{begun} After block {block}, which has {kind}, it is all of them.")


def left_in_windows_everywhere(now: Any) -> Fact:
    """How much of the mask is left if the global blocks get windows too.

    Returns a `Fact` with the IoU of the mask with itself in the trained windows, in percent.
    """
    window = now.trace.sam.config.window_size
    left = _left(now, [window] * len(now.trace.windows))
    return Fact(
        100 * left,
        f"With windows of {window} × {window} tokens in all blocks, so that nothing gets from "
        f"one window to another, the mask has an IoU of {text(left, 2)} with the mask as it was.",
    )


def left_without_windows(now: Any) -> Fact:
    """How much of the mask is left if all blocks attend to the whole grid.

    Returns a `Fact` with the IoU of the mask with itself in the trained windows, in percent.
    """
    left = _left(now, [0] * len(now.trace.windows))
    return Fact(
        100 * left,
        "With global attention in all blocks, where each token sees more than in training, the "
        f"mask has an IoU of {text(left, 2)} with the mask as it was.",
    )


def pairs_saved(now: Any) -> Fact:
    """How many times fewer pairs of tokens a windowed block compares than a global one.

    Returns a `Fact` with that ratio, of the model's own windows and grid.
    """
    config, grid = now.trace.sam.config, now.trace.frame.grid
    window = config.window_size
    tokens = prod(grid)
    in_windows = prod(padded_grid(window, grid)) * window**2
    ratio = tokens**2 / in_windows
    return Fact(
        ratio,
        f"A global block compares {tokens} tokens with {tokens}, {tokens**2} pairs in each head; "
        f"one with windows of {window} × {window} compares {in_windows}, padding included: "
        f"{text(ratio, 2)} times fewer.",
    )


def _left(now: Any, windows: list[int]) -> float:
    """The IoU of the mask that is shown with itself in the trained windows."""
    run: Trace = now.trace
    before, after = run.with_windows(None), run.with_windows(windows)
    return float(mask_overlaps(before.prediction, after.prediction, now.threshold)[mask_of(now)])
