"""How does a block cut the token grid into windows, and what does it fill up?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace

from .logits import percent
from .numbers import counted
from .probe import Probe, block_knob
from .windows import padded_side


@dataclass(frozen=True)
class WindowLayout(Probe):
    """The token grid of one block with its windows' edges and its padding.

    The grid is filled up at the bottom and the right until the windows fit. The padding is zeros
    put in after the layer norm, so its keys and values are the bias of the layer that makes them;
    it is attended to like any token, and its own results are cut off again.

    Reads: the windows of the trace, nothing of the picture.
    Returns: a Heatmap (row, column) of the grid with its padding: for each token the share of
        padding among the keys that it sees; padding itself is NaN.
    Unit: shares from 0 to 1.
    Source: ViTDet (arXiv 2203.16527, section 3) and
        https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/image_encoder.py#L243
    """

    reads_prompts = False

    block: int = block_knob()

    def read(self, trace: Trace) -> Heatmap:
        config, window = trace.sam.config, trace.windows[self.block]
        side, padded = config.side(window), padded_side(config, window)
        edges = tuple(range(side - 1, padded - 1, side))
        name = f"windows of {window}" if window else "global attention"
        return Heatmap(
            padding_seen(config.grid, side, padded),
            title=f"Block {self.block}: {name}",
            words=_words(self.block, config.grid, window, padded),
            scale=Scale("share of padding", low=0.0, high=1.0),
            frame="tokens",
            grid_lines=(edges, edges),
        )


def padding_seen(grid: int, side: int, padded: int) -> Float[np.ndarray, "row column"]:
    """For each token the share of padding in its window of `side` tokens; NaN for padding."""
    tokens = np.zeros((padded, padded))
    tokens[:grid, :grid] = 1
    windows = padded // side
    filled = tokens.reshape(windows, side, windows, side).mean(axis=(1, 3))
    shares = np.repeat(np.repeat(1 - filled, side, axis=0), side, axis=1)
    return np.where(tokens == 1, shares, np.nan)


def _words(block: int, grid: int, window: int, padded: int) -> str:
    if not window:
        return (
            f"Block {block} attends globally: each of the {grid**2} tokens sees all of them. There "
            "are no windows and no padding."
        )
    number, padding = (padded // window) ** 2, padded**2 - grid**2
    words = f"Block {block} attends in {counted(number, 'window')} of {window} × {window} tokens. "
    if not padding:
        return words + f"They fit the grid of {grid} × {grid} tokens, so nothing is padded."
    return words + (
        f"The grid of {grid} × {grid} tokens is filled up to {padded} × {padded} with "
        f"{counted(padding, 'padded token')}: {percent(padding / padded**2)} of the attention's "
        "work is for results that are cut off again."
    )
