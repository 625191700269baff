"""How does a block cut the token grid into windows, and where is padding?"""

from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float

from sam_explore.model.windows import padded_grid
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.numbers import counted
from ..common.probe import Probe, block_knob


@dataclass(frozen=True)
class WindowLayout(Probe):
    """The token grid of one block with its windows' edges and its padding.

    The grid is padded at the bottom and the right until the windows fit. The padding is zeros,
    added after the layer norm, so its keys and values are the bias of the layer that computes them.
    Other tokens attend to it like to any token, and its own results are cut off afterwards.

    Reads: the windows of the trace, but not the picture.
    Returns: a Heatmap (row, column) of the grid with its padding: for each token the share of
        padding among the keys that it sees; padding itself is NaN.
    Unit: shares from 0 to 1.
    Source: ViTDet (arXiv 2203.16527, section 3) and
        https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/image_encoder.py#L243
    """

    title = "Which tokens share a window?"
    reads_prompts = False

    block: int = block_knob()

    def read(self, trace: Trace) -> Heatmap:
        grid, window = trace.frame.grid, trace.windows[self.block]
        sides, filled = trace.attended(self.block), padded_grid(window, grid)
        rows, columns = (
            tuple(range(side - 1, length - 1, side))
            for side, length in zip(sides, filled, strict=True)
        )
        name = f"windows of {window}" if window else "global attention"
        return Heatmap(
            padding_seen(grid, sides, filled),
            title=f"Block {self.block}: {name}",
            words=_words(self.block, grid, window, filled),
            scale=Scale("share of padding", low=0.0, high=1.0),
            frame="tokens",
            grid_lines=(rows, columns),
        )


def padding_seen(
    grid: tuple[int, int], sides: tuple[int, int], filled: tuple[int, int]
) -> Float[np.ndarray, "row column"]:
    """For each token the share of padding in its window; NaN for padding.

    Args:
        grid: rows and columns of tokens.
        sides: rows and columns of a window.
        filled: rows and columns of the grid with its padding.
    """
    (rows, columns), (down, across) = grid, sides
    tokens = np.zeros(filled)
    tokens[:rows, :columns] = 1
    by_window = tokens.reshape(filled[0] // down, down, filled[1] // across, across)
    shares = 1 - by_window.mean(axis=(1, 3))
    shares = np.repeat(np.repeat(shares, down, axis=0), across, axis=1)
    return np.where(tokens == 1, shares, np.nan)


def _words(block: int, grid: tuple[int, int], window: int, filled: tuple[int, int]) -> str:
    tokens, all_tokens = prod(grid), prod(filled)
    if not window:
        return (
            f"Block {block} attends globally: each of the {tokens} tokens sees all of them. There "
            "are no windows and no padding."
        )
    number, padding = all_tokens // window**2, all_tokens - tokens
    words = f"Block {block} attends in {counted(number, 'window')} of {window} × {window} tokens. "
    if not padding:
        return words + f"They fit the grid of {_by(grid)} tokens, so nothing is padded."
    return words + (
        f"The grid of {_by(grid)} tokens is filled up to {_by(filled)} with "
        f"{counted(padding, 'padded token')}: {percent(padding / all_tokens)} of the attention's "
        "work is for results that are cut off again."
    )


def _by(grid: tuple[int, int]) -> str:
    return f"{grid[0]} × {grid[1]}"
